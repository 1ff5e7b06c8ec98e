/**
 * How good the answers are: recall@10 and MRR@10 of hybrid, vector and text search, and of raw SQLite
 * FTS5 as the reference; over every category and scoped to the query's own; with the queries as they
 * are and with one letter of the longest word mistyped (seeded).
 *
 *     npm run bench:quality -- [dataDir] [--holdout] [--json] [--url http://127.0.0.1:8000]
 *                              [--embedder transformers --model FOLDER]
 *
 * Without --url the parts run in this process; with it a running service answers (CHL_API_KEY is sent).
 * --holdout reports the pseudo-queries on which parameters are chosen, never the judged queries.
 * Global recall@10 / MRR@10 with the hash embedder: hybrid 0.794 / 0.634, one letter mistyped 0.787 /
 * 0.630; FTS5 0.781 / 0.620 and 0.707 / 0.543. Method and the rest: bench/quality/README.md.
 */
import { parseArgs } from 'node:util';
import { SEARCH_MODES } from '../src/core/ports/index-host.ts';
import { openBenchEmbedder } from './quality/embedder.ts';
import { loadQualityData, type JudgedQuery, type QualityData } from './quality/data.ts';
import { fts5Ranker } from './quality/fts5.ts';
import { holdoutSets } from './quality/holdout.ts';
import { InProcessSearch } from './quality/in-process.ts';
import { seededRandom } from '../tests/support/random-vectors.ts';
import { quality, type Quality, type Ranker } from './quality/ranker.ts';
import { serverRanker } from './quality/server.ts';
import { withTypo } from './quality/typo.ts';

const TYPO_SEED = 7;

interface Row extends Quality {
  readonly set: string;
  readonly ranker: string;
  readonly scope: 'global' | 'category';
  readonly typo: boolean;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    holdout: { type: 'boolean', default: false },
    url: { type: 'string' },
    embedder: { type: 'string', default: 'hash' },
    model: { type: 'string' },
  },
});
const directory = positionals[0] ?? process.env['CHL_TEST_DATA'] ?? '../shared/data';
const judged = loadQualityData(directory);
const sets = values.holdout ? holdoutSets(directory, judged) : [{ name: 'judged', ...judged }];

const embedder = await openBenchEmbedder(values.embedder, values.model);
const rows: Row[] = [];
for (const set of sets) {
  const reference = fts5Ranker(set.documents);
  for (const ranker of [...(await ownRankers(set)), reference]) {
    for (const typo of [false, true]) {
      const queries = typo ? mistyped(set.queries) : set.queries;
      for (const scope of ['global', 'category'] as const) {
        rows.push({
          set: set.name,
          ranker: ranker.name,
          scope,
          typo,
          ...(await measure(ranker, queries, scope)),
        });
      }
    }
  }
  reference.close();
}
await embedder.close();
process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : table(rows));

async function ownRankers(set: QualityData): Promise<readonly Ranker[]> {
  const { url } = values;
  if (url !== undefined) {
    const apiKey = process.env['CHL_API_KEY'] ?? null;
    return Promise.all(SEARCH_MODES.map((mode) => serverRanker({ url, apiKey }, mode)));
  }
  const search = await InProcessSearch.build(set.documents, embedder);
  return SEARCH_MODES.map((mode) => search.ranker(mode));
}

function mistyped(queries: readonly JudgedQuery[]): readonly JudgedQuery[] {
  const random = seededRandom(TYPO_SEED);
  return queries.map((judgedQuery) => ({ ...judgedQuery, query: withTypo(judgedQuery.query, random) }));
}

async function measure(
  ranker: Ranker,
  queries: readonly JudgedQuery[],
  scope: Row['scope'],
): Promise<Quality> {
  const places: (number | null)[] = [];
  for (const { query, category, expectRef } of queries) {
    const refs = await ranker.rank(query, scope === 'global' ? null : category);
    const index = refs.indexOf(expectRef);
    places.push(index < 0 ? null : index + 1);
  }
  return quality(places);
}

function table(all: readonly Row[]): string {
  const header = ['set', 'ranker', 'scope', 'typo', 'recall@10', 'MRR@10'];
  const lines = all.map((row) => [
    row.set,
    row.ranker,
    row.scope,
    row.typo ? 'one' : 'none',
    row.recallAt10.toFixed(3),
    row.mrrAt10.toFixed(3),
  ]);
  return [header, ...lines]
    .map(
      (cells) =>
        `${cells
          .map((cell) => cell.padEnd(10))
          .join(' ')
          .trimEnd()}\n`,
    )
    .join('');
}
