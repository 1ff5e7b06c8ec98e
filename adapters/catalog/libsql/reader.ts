import type { Category, CategoryWithCounts, Entry } from '../../../src/core/entry.ts';
import type { EntryFilter } from '../../../src/core/filter.ts';
import { asVectorId, type EntryKey, type Seq, type VectorId } from '../../../src/core/ids.ts';
import type {
  CatalogCounts,
  CatalogReader,
  ChangeRecord,
  EmbeddingQueueState,
  HistoryRecord,
  ListRequest,
  QueuedText,
  QueuedTextsRequest,
  TextSearchHit,
  UnstagedText,
} from '../../../src/core/ports/catalog.ts';
import type { ChangeMark, DatabaseIdentity } from '../../../src/core/ports/index-source.ts';
import { searchText } from '../../text/fts5/search.ts';
import { filterToSql, isIndexed } from './filter-sql.ts';
import type { SqlReader } from './sql-session.ts';
import { selectCategories, selectCategory } from './tables/categories.ts';
import { lastChange, refuseBelowHorizon, selectChanges } from './tables/changes.ts';
import { entryFromRow } from './tables/entry-row.ts';
import { selectHistory } from './tables/history.ts';
import { readQueueState, selectQueuedTexts } from './tables/embedding-queue.ts';
import { readFingerprint, readIdentity, readIndexGeneration } from './tables/meta.ts';
import { countStaged, selectUnstaged } from './tables/staged-embeddings.ts';

export interface LibsqlReaderOptions {
  /** Answers point reads at once, on the calling thread: about 30 µs each. */
  readonly near: SqlReader;
  /** Where scans and full-text search may take their time without holding up anybody. */
  readonly far: SqlReader;
}

export class LibsqlReader implements CatalogReader {
  readonly #near: SqlReader;
  readonly #far: SqlReader;

  constructor(options: LibsqlReaderOptions) {
    this.#near = options.near;
    this.#far = options.far;
  }

  identity(): Promise<DatabaseIdentity> {
    return readIdentity(this.#near);
  }

  horizon(): Promise<ChangeMark> {
    return lastChange(this.#near);
  }

  fingerprint(): Promise<string | null> {
    return readFingerprint(this.#near);
  }

  indexGeneration(): Promise<number> {
    return readIndexGeneration(this.#near);
  }

  queuedTexts(request: QueuedTextsRequest): Promise<readonly QueuedText[]> {
    return selectQueuedTexts(this.#near, request);
  }

  embeddingQueue(): Promise<EmbeddingQueueState> {
    return readQueueState(this.#far);
  }

  unstagedTexts(fingerprint: string, after: EntryKey, limit: number): Promise<readonly UnstagedText[]> {
    return selectUnstaged(this.#far, fingerprint, after, limit);
  }

  stagedCount(fingerprint: string): Promise<number> {
    return countStaged(this.#far, fingerprint);
  }

  categories(): Promise<readonly CategoryWithCounts[]> {
    return selectCategories(this.#far);
  }

  category(code: string): Promise<Category | null> {
    return selectCategory(this.#near, code);
  }

  entriesByKeys(keys: readonly EntryKey[]): Promise<readonly Entry[]> {
    return this.#entriesInOrder('entry_key', keys);
  }

  entriesByIds(ids: readonly string[]): Promise<readonly Entry[]> {
    return this.#entriesInOrder('id', ids);
  }

  entriesByRefs(refs: readonly string[]): Promise<readonly Entry[]> {
    return this.#entriesInOrder('ref', refs);
  }

  async list({ filter, limit, beforeKey }: ListRequest): Promise<readonly Entry[]> {
    const { where, args } = filterToSql(filter);
    const reader = isIndexed(filter) ? this.#near : this.#far;
    const rows = await reader.all(
      `SELECT e.* FROM entries e WHERE ${where} AND e.entry_key < ? ORDER BY e.entry_key DESC LIMIT ?`,
      [...args, beforeKey ?? Number.MAX_SAFE_INTEGER, limit],
    );
    return rows.map(entryFromRow);
  }

  async page(afterKey: EntryKey, limit: number): Promise<readonly Entry[]> {
    const rows = await this.#far.all('SELECT * FROM entries WHERE entry_key > ? ORDER BY entry_key LIMIT ?', [
      afterKey,
      limit,
    ]);
    return rows.map(entryFromRow);
  }

  history(entryId: string): Promise<readonly HistoryRecord[]> {
    return selectHistory(this.#near, entryId);
  }

  async changes(after: Seq, limit: number): Promise<readonly ChangeRecord[]> {
    const changes = await selectChanges(this.#near, after, limit);
    // Checked after the read: retention that runs in between must not pass as a complete answer.
    await refuseBelowHorizon(this.#near, after);
    return changes;
  }

  textSearch(query: string, filter: EntryFilter, limit: number): Promise<readonly TextSearchHit[]> {
    return searchText(this.#far, query, filter, limit);
  }

  async counts(): Promise<CatalogCounts> {
    // Each sum is read from an index alone; one statement, so they agree with each other.
    const row = await this.#far.first(
      `SELECT (SELECT count(*) FROM entries) AS entries,
         (SELECT count(*) FROM entries WHERE skill_name IS NOT NULL) AS skills,
         (SELECT total(embedding_status = 'pending') FROM entries WHERE embedding_status <> 'embedded') AS pending,
         (SELECT total(embedding_status = 'failed') FROM entries WHERE embedding_status <> 'embedded') AS failed`,
    );
    const count = (name: string): number => row?.[name] as number;
    const [entries, skills, pending, failed] = [
      count('entries'),
      count('skills'),
      count('pending'),
      count('failed'),
    ];
    return {
      experiences: entries - skills,
      skills,
      embedding: { pending, embedded: entries - pending - failed, failed },
    };
  }

  async vectorIds(fingerprint: string, after: VectorId, limit: number): Promise<readonly VectorId[]> {
    const rows = await this.#far.all(
      'SELECT vector_id FROM embeddings WHERE vector_id > ? AND fingerprint = ? ORDER BY vector_id LIMIT ?',
      [after, fingerprint, limit],
    );
    return rows.map((row) => asVectorId(row['vector_id'] as number));
  }

  /** CROSS JOIN keeps SQLite from reordering: the list leads, each entry is one look-up. */
  async #entriesInOrder(
    column: 'entry_key' | 'id' | 'ref',
    wanted: readonly (string | number)[],
  ): Promise<readonly Entry[]> {
    const rows = await this.#near.all(
      `SELECT e.* FROM json_each(?) wanted CROSS JOIN entries e ON e.${column} = wanted.value ORDER BY wanted.key`,
      [JSON.stringify(wanted)],
    );
    return rows.map(entryFromRow);
  }
}
