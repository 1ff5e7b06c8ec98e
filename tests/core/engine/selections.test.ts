import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DocumentTable } from '../../../src/core/engine/document-table.ts';
import type { EntryFilter } from '../../../src/core/filter.ts';
import { asDocNo, asEntryKey, asSeq, asVectorId, type DocNo } from '../../../src/core/ids.ts';
import type { IndexDocument } from '../../../src/core/ports/index-source.ts';

const FILTERS: readonly EntryFilter[] = [
  { category: 'A' },
  { category: 'B', tags: ['red'] },
  { types: ['skill'] },
  { createdFromMs: 10_000, createdToMs: 40_000 },
  { category: 'A', author: 'nobody yet' },
];

type Step =
  | {
      readonly do: 'add';
      readonly category: string;
      readonly red: boolean;
      readonly skill: boolean;
      readonly placed: boolean;
    }
  | { readonly do: 'remove' | 'place' | 'select' | 'rows' | 'displace all'; readonly which: number };

const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({
      do: fc.constant('add' as const),
      category: fc.constantFrom('A', 'B'),
      red: fc.boolean(),
      skill: fc.boolean(),
      placed: fc.boolean(),
    }),
    fc.record({
      do: fc.constantFrom('remove', 'place', 'select', 'rows', 'displace all'),
      which: fc.nat(1_000),
    }),
  ),
  { maxLength: 120 },
);

/** A table, and beside it what is in it by the simplest means. */
class Model {
  readonly table = new DocumentTable();
  readonly #live = new Map<DocNo, IndexDocument>();
  #lastKey = 0;
  #lastRow = 0;

  run(step: Step): void {
    if (step.do === 'add') {
      this.#add(step);
      return;
    }
    const docs = [...this.#live.keys()];
    const doc = docs[step.which % docs.length];
    const filter = FILTERS[step.which % FILTERS.length]!;
    switch (step.do) {
      case 'remove':
        if (doc === undefined) return;
        this.#live.delete(doc);
        this.table.remove(doc);
        return;
      case 'place':
        if (doc !== undefined) this.#place(doc, 1 + (step.which % 3));
        return;
      case 'displace all':
        this.table.displaceAll(1 + (step.which % 3));
        return;
      case 'select':
        this.table.select(filter);
        return;
      case 'rows':
        this.table.select(filter)!.rows();
        return;
    }
  }

  check(filter: EntryFilter): void {
    const selection = this.table.select(filter)!;
    const expected = [...this.#live].filter(([, document]) => passes(document, filter)).map(([doc]) => doc);
    expect([...selection.docs]).toEqual(expected);
    expect(selection.size).toBe(expected.length);
    for (let slot = 0; slot < this.table.slotCount; slot += 1) {
      expect(selection.has(asDocNo(slot))).toBe(expected.includes(asDocNo(slot)));
    }
    const placed = expected.filter((doc) => this.table.segmentIdOf(doc) !== 0);
    const places = placed.map((doc) => `${this.table.segmentIdOf(doc)}:${this.table.rowOf(doc)}`);
    const rows = [...selection.rows()].flatMap(([segmentId, of]) =>
      [...of.values()].map((row) => `${segmentId}:${row}`),
    );
    expect(rows.toSorted()).toEqual(places.toSorted());
  }

  #add({ category, red, skill, placed }: Extract<Step, { do: 'add' }>): void {
    this.#lastKey += 1;
    const document: IndexDocument = {
      key: asEntryKey(this.#lastKey),
      seq: asSeq(this.#lastKey),
      vectorId: asVectorId(this.#lastKey),
      type: skill ? 'skill' : 'experience',
      category,
      section: null,
      author: this.#lastKey === 30 ? 'nobody yet' : 'ann',
      tags: red ? ['red'] : [],
      createdAtMs: 1_000 * this.#lastKey,
      updatedAtMs: 1_000 * this.#lastKey,
      text: null,
    };
    const doc = this.table.add(document);
    this.#live.set(doc, document);
    if (placed) this.#place(doc, 1);
  }

  #place(doc: DocNo, segmentId: number): void {
    this.#lastRow += 1;
    this.table.place(doc, segmentId, this.#lastRow);
  }
}

function passes(document: IndexDocument, filter: EntryFilter): boolean {
  return (
    (filter.category ?? document.category) === document.category &&
    (filter.author ?? document.author) === document.author &&
    (filter.types ?? [document.type]).includes(document.type) &&
    (filter.tags ?? []).every((tag) => document.tags.includes(tag)) &&
    document.createdAtMs >= (filter.createdFromMs ?? 0) &&
    document.createdAtMs < (filter.createdToMs ?? Infinity)
  );
}

test('whatever happens between two searches, a selection is what its filter selects, and where it lies', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Model();
      for (const step of all) model.run(step);
      for (const filter of FILTERS) model.check(filter);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('a selection that was asked for before is the same one, and looks at new documents only', () => {
  const model = new Model();
  const add = { do: 'add', category: 'A', red: false, skill: false, placed: true } as const;
  model.run(add);
  const before = model.table.select({ category: 'A' })!;
  expect(before.size).toBe(1);
  model.run(add);
  expect(model.table.select({ category: 'A' })).toBe(before);
  expect(before.size).toBe(2);
});

test('more filters than are kept: what was longest not asked for is made anew', () => {
  const model = new Model();
  model.run({ do: 'add', category: 'A', red: false, skill: false, placed: true });
  const inUse = model.table.select({ category: 'A' });
  const forgotten = model.table.select({ category: 'A', author: 'ann' });
  for (let at = 0; at < 255; at += 1) {
    model.table.select({ category: 'A', author: `author ${at}` });
    expect(model.table.select({ category: 'A' })).toBe(inUse);
  }
  expect(model.table.select({ category: 'A', author: 'ann' })).not.toBe(forgotten);
  model.check({ category: 'A' });
});
