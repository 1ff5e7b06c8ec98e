import assert from 'node:assert/strict';
import type { Registrar } from '../conformance/registrar.ts';
import { HashEmbedder } from '../../adapters/embedder/hash/hash-embedder.ts';
import type { EmbedText } from '../../src/core/ports/embedder.ts';
import { searchResponse } from '../../src/service/contract/search.ts';
import { type Client, experience } from './support/client.ts';

const SUBJECTS = [
  'queue',
  'cache',
  'index',
  'socket',
  'migration',
  'retry',
  'schema',
  'token',
  'widget',
  'pipeline',
];
const VERBS = [
  'flush',
  'rotate',
  'encrypt',
  'batch',
  'throttle',
  'replay',
  'shard',
  'compact',
  'audit',
  'mirror',
];

interface Text {
  readonly ref: string;
  readonly title: string;
  readonly playbook: string;
}

const textOf = (n: number): Text => {
  const subject = SUBJECTS[n % 10]!;
  const verb = VERBS[Math.floor(n / 10) % 10]!;
  return {
    ref: `rank-${n}`,
    title: `${verb} the ${subject} ${n}`,
    playbook: `To ${verb} a ${subject}, first check step ${n * 7} and then ${VERBS[(n * 3) % 10]} it with ${SUBJECTS[(n * 7) % 10]} ${n}.`,
  };
};

export interface RankingSize {
  /** What the database holds beside the ten entries of a rare category; a multiple of ten. */
  readonly bulkEntries: number;
}

/** What a search answers, against an exact scan made here with the same embedder. */
export function rankingSuite(
  registrar: Registrar,
  client: () => Client,
  { bulkEntries }: RankingSize = { bulkEntries: 10_000 },
): void {
  const embedder = new HashEmbedder();

  registrar.test('vector mode over Flat ranks exactly as the inner product does', async () => {
    await client().category('RANK');
    const texts = Array.from({ length: 400 }, (_, n) => textOf(n));
    const results = await client().import(
      texts.map(({ ref, title, playbook }) => ({
        ...experience(title, playbook),
        category_code: 'RANK',
        ref,
      })),
    );
    assert.ok(results.every((line) => line['status'] === 'created'));
    const passages = await vectorsOf(
      texts.map(({ title, playbook }) => ({ heading: title, body: playbook })),
      'passage',
    );
    for (const query of [
      'flush the cache',
      'encrypt tokens in a pipeline',
      'how do I replay a migration?',
      'shard 42',
    ]) {
      const [asked] = await vectorsOf([{ heading: '', body: query }], 'query');
      const exact = texts
        .map(({ ref }, n) => ({ ref, score: dot(asked!, passages[n]!) }))
        .toSorted((a, b) => b.score - a.score)
        .slice(0, 50);
      const { entries } = await client().read({ query, mode: 'vector', category_code: 'RANK', limit: 50 });
      assert.equal(entries.length, 50);
      const scoreOf = new Map(exact.map(({ ref, score }) => [ref, score]));
      for (const [rank, entry] of entries.entries()) {
        // Equal products may change places; anything else is another ranking.
        const mine = scoreOf.get(entry.ref!) ?? dot(asked!, passages[Number(entry.ref!.slice(5))]!);
        assert.ok(
          Math.abs(mine - exact[rank]!.score) < 1e-5,
          `${query}: rank ${rank} is ${entry.ref}, exact ${exact[rank]!.ref}`,
        );
        assert.equal(entry.rank, rank);
      }
    }
  });

  registrar.test(
    `a filtered search gives k though its category holds 10 of ${bulkEntries} entries`,
    async () => {
      await client().category('RARE');
      await client().category('BULK');
      const lines = Array.from({ length: bulkEntries }, (_, n) => {
        const { title, playbook } = textOf(n);
        return {
          ...experience(title, playbook),
          category_code: n % (bulkEntries / 10) === 0 ? 'RARE' : 'BULK',
          ref: `bulk-${n}`,
        };
      });
      assert.ok((await client().import(lines)).every((line) => line['status'] === 'created'));
      for (const query of ['compact the socket', 'audit a widget 3', 'flush']) {
        for (const mode of ['vector', 'hybrid']) {
          const { entries } = await client().read({ query, mode, category_code: 'RARE', limit: 10 });
          assert.equal(entries.length, 10, `${mode}: ${query}`);
          assert.equal(new Set(entries.map((entry) => entry.id)).size, 10);
          assert.ok(entries.every((entry) => entry.category_code === 'RARE'));
        }
      }
    },
  );

  registrar.test(
    'pages of a search fit together: no gap, no repeat, the order of one long page',
    async () => {
      const page = async (offset: number, limit: number) =>
        client().ok(
          searchResponse,
          client().post('/api/v1/search/', { query: 'batch the queue', category: 'RANK', offset, limit }),
        );
      const whole = (await page(0, 20)).results.map((one) => one.entity_id);
      const halves = [...(await page(0, 10)).results, ...(await page(10, 10)).results];
      assert.deepEqual(
        halves.map((one) => one.entity_id),
        whole,
      );
      assert.deepEqual(
        halves.map((one) => one.rank),
        Array.from({ length: 20 }, (_, n) => n),
      );
    },
  );

  async function vectorsOf(texts: readonly EmbedText[], role: 'query' | 'passage'): Promise<Float32Array[]> {
    const flat = await embedder.embed({ texts, role });
    const { dimension } = embedder.fingerprint;
    return texts.map((_, row) => flat.subarray(row * dimension, (row + 1) * dimension));
  }
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, n) => sum + value * b[n]!, 0);
