import * as fc from 'fast-check';
import type { EntryFilter } from '../../src/core/filter.ts';
import type { SearchMode } from '../../src/core/ports/index-host.ts';

/** What may happen to a collection. Entries are chosen by index into those alive, wrapped around. */
export type Command =
  | { readonly do: 'add'; readonly count: number; readonly seed: number }
  | { readonly do: 'update'; readonly entry: number; readonly seed: number; readonly embedded: boolean }
  | { readonly do: 'delete'; readonly entry: number }
  /** The commit happened, the index never heard of it. */
  | { readonly do: 'lose-batch'; readonly seed: number }
  | {
      readonly do: 'search';
      readonly mode: SearchMode;
      readonly seed: number;
      readonly filter: EntryFilter;
      readonly limit: number;
    }
  | { readonly do: 'search-together'; readonly seed: number; readonly filters: readonly EntryFilter[] }
  | { readonly do: 'rebuild' }
  | { readonly do: 'save' }
  | { readonly do: 'reopen' }
  | { readonly do: 'crash' };

export const CATEGORIES = ['ADG', 'PGT', 'TST'] as const;
export const SECTIONS = ['useful', 'harmful', 'contextual'] as const;
export const AUTHORS = ['ann', 'bob'] as const;
export const TAGS = ['red', 'green', 'blue'] as const;

const seed = fc.integer({ min: 1, max: 0xffff_ffff });
const entry = fc.nat(10_000);

const filter: fc.Arbitrary<EntryFilter> = fc.oneof(
  { arbitrary: fc.constant({}), weight: 2 },
  { arbitrary: fc.record({ category: fc.constantFrom(...CATEGORIES, 'NONE') }), weight: 3 },
  {
    arbitrary: fc.record(
      {
        types: fc.constantFrom(
          ['experience' as const],
          ['skill' as const],
          ['skill' as const, 'experience' as const],
        ),
        category: fc.constantFrom(...CATEGORIES),
        section: fc.constantFrom(...SECTIONS),
        author: fc.constantFrom(...AUTHORS),
        tags: fc.subarray([...TAGS], { minLength: 1, maxLength: 2 }),
        createdFromMs: fc.nat(300),
        updatedToMs: fc.nat(300),
      },
      { requiredKeys: [] },
    ),
    weight: 3,
  },
);

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    arbitrary: fc.record({ do: fc.constant('add' as const), count: fc.integer({ min: 1, max: 12 }), seed }),
    weight: 6,
  },
  {
    arbitrary: fc.record({ do: fc.constant('update' as const), entry, seed, embedded: fc.boolean() }),
    weight: 4,
  },
  { arbitrary: fc.record({ do: fc.constant('delete' as const), entry }), weight: 4 },
  { arbitrary: fc.record({ do: fc.constant('lose-batch' as const), seed }), weight: 1 },
  {
    arbitrary: fc.record({
      do: fc.constant('search' as const),
      mode: fc.constantFrom('vector' as const, 'text' as const, 'hybrid' as const),
      seed,
      filter,
      limit: fc.constantFrom(1, 5, 10, 150),
    }),
    weight: 6,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('search-together' as const),
      seed,
      filters: fc.array(filter, { minLength: 2, maxLength: 30 }),
    }),
    weight: 2,
  },
  { arbitrary: fc.constant({ do: 'rebuild' as const }), weight: 1 },
  { arbitrary: fc.constant({ do: 'save' as const }), weight: 1 },
  { arbitrary: fc.constant({ do: 'reopen' as const }), weight: 1 },
  { arbitrary: fc.constant({ do: 'crash' as const }), weight: 1 },
);

export const commands = (count: number): fc.Arbitrary<Command[]> =>
  fc.array(command, { minLength: count / 2, maxLength: count, size: 'max' });
