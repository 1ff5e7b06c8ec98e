import { expect, test } from 'vitest';
import { Bm25Index } from '../../../adapters/text/bm25/bm25-index.ts';
import { DocumentTable } from '../../../src/core/engine/document-table.ts';
import { wasmScanKernels } from '../../../src/core/engine/quantised-kernel.ts';
import { IndexState } from '../../../src/core/engine/index-state.ts';
import { asDocNo, asEntryKey, asSeq, asVectorId } from '../../../src/core/ids.ts';
import type { IndexChange } from '../../../src/core/ports/index-source.ts';
import { seededRandom } from '../../support/random-vectors.ts';

const DIMENSION = 4;
const WORDS = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];

const emptyState = (): IndexState =>
  new IndexState(
    {
      dimension: DIMENSION,
      growingMaxRows: 100,
      kernels: wasmScanKernels,
      table: new DocumentTable(),
      text: new Bm25Index(),
      currentLog: () => 0,
    },
    { seq: asSeq(0), nonce: '' },
  );

/** The entry as it is from change `seq` on; without a new vector it keeps the one it has. */
const written = (key: number, seq: number, vectorId = seq): IndexChange => ({
  seq: asSeq(seq),
  key: asEntryKey(key),
  vector: Float32Array.of(1, 0, 0, seq),
  document: {
    key: asEntryKey(key),
    seq: asSeq(seq),
    vectorId: asVectorId(vectorId),
    type: 'experience',
    category: seq % 2 === 0 ? 'EVEN' : 'ODD',
    section: null,
    author: 'ann',
    tags: [`seq-${seq}`],
    createdAtMs: 0,
    updatedAtMs: 0,
    text: { heading: WORDS[seq % WORDS.length]!, body: `only${seq}` },
  },
});

const deleted = (key: number, seq: number): IndexChange => ({
  seq: asSeq(seq),
  key: asEntryKey(key),
  vector: null,
  document: null,
});

/** All that can be asked of a state, by entry and not by slot. */
function seen({ table, text, view }: IndexState, seqMax: number) {
  const keysOf = (docs: Uint32Array): readonly number[] =>
    Array.from(docs, (doc) => table.keyOf(asDocNo(doc))).toSorted((a, b) => a - b);
  const byWord = (word: string): readonly number[] => keysOf(text.search(word, 1_000).docs);
  const keys = [...new Set(WORDS.flatMap(byWord))].toSorted((a, b) => a - b);
  return {
    documents: table.documentCount,
    keys,
    rare: Array.from({ length: seqMax }, (_, seq) => byWord(`only${seq + 1}`)),
    even: keysOf(table.select({ category: 'EVEN' })!.docs),
    vectors: keys.map((key) => {
      const doc = table.find(asEntryKey(key))!;
      const segment = view.segment(table.segmentIdOf(doc));
      return [table.vectorIdOf(doc), segment?.ids[table.rowOf(doc)], table.seqOf(doc)];
    }),
    live: view.segments.map((segment) =>
      Array.from({ length: segment.rows }, (_, row) => table.isLive(segment.id, row)),
    ),
  };
}

test('a compaction with changes between its steps leaves what the changes alone would', () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const random = seededRandom(seed);
    const [compacted, plain] = [emptyState(), emptyState()];
    let seq = 0;
    const change = (): void => {
      seq += 1;
      const key = 1 + Math.floor(random() * 150);
      const held = plain.table.find(asEntryKey(key));
      const kind = random();
      const next =
        kind < 0.3
          ? deleted(key, seq)
          : kind < 0.5 && held !== undefined
            ? written(key, seq, plain.table.vectorIdOf(held))
            : written(key, seq);
      compacted.apply(next);
      plain.apply(next);
    };
    for (let count = 0; count < 400; count += 1) change();
    const slotsBefore = compacted.table.slotCount;
    const compaction = compacted.compaction();
    while (compaction.step()) for (let count = 0; count < 7; count += 1) change();
    for (let count = 0; count < 7; count += 1) change();
    compaction.finish();
    expect(compacted.table.slotCount, `seed ${seed}`).toBeLessThan(slotsBefore);
    expect(seen(compacted, seq), `seed ${seed}`).toEqual(seen(plain, seq));
    for (let count = 0; count < 50; count += 1) change();
    expect(seen(compacted, seq), `seed ${seed}`).toEqual(seen(plain, seq));
  }
});
