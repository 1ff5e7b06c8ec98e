import type { EntityType } from '../../../src/core/entry.ts';
import {
  asEntryKey,
  asSeq,
  asVectorId,
  type EntryKey,
  type Seq,
  type VectorId,
} from '../../../src/core/ids.ts';
import type {
  ChangeBatch,
  ChangeMark,
  DatabaseIdentity,
  IndexChange,
  IndexDocument,
  IndexSource,
  VectorPage,
} from '../../../src/core/ports/index-source.ts';
import { indexDocument } from './index-document.ts';
import type { SqlReader, SqlRow } from './sql-session.ts';
import { lastChange, nonceOf, refuseBelowHorizon } from './tables/changes.ts';
import { vectorFromBlob } from './tables/embeddings.ts';
import { entryFromRow } from './tables/entry-row.ts';
import { readIdentity, SELECT_FINGERPRINT } from './tables/meta.ts';

export interface IndexSourceOptions {
  readonly databaseUrl: string;
  readonly databaseAuthToken: string | null;
  /** `fingerprintText` of the collection's embedder: other vectors do not exist for it. */
  readonly fingerprint: string;
}

export class LibsqlIndexSource implements IndexSource {
  readonly #reader: SqlReader;
  readonly #fingerprint: string;
  readonly #release: () => void;

  constructor(reader: SqlReader, fingerprint: string, release: () => void) {
    this.#reader = reader;
    this.#fingerprint = fingerprint;
    this.#release = release;
  }

  identity(): Promise<DatabaseIdentity> {
    return readIdentity(this.#reader);
  }

  horizon(): Promise<ChangeMark> {
    return lastChange(this.#reader);
  }

  nonceOf(seq: Seq): Promise<string | null> {
    return nonceOf(this.#reader, seq);
  }

  /**
   * One JSON text for the whole page: a third of the time that as many rows take to cross from native
   * code. One statement, so whose vectors they are is as of the page, and a server is asked once.
   */
  async scanDocuments(
    after: EntryKey,
    limit: number,
    { text }: { readonly text: boolean },
  ): Promise<readonly IndexDocument[]> {
    const columns = DOCUMENT_COLUMNS.concat(text ? TEXT_COLUMNS : []).join(', ');
    const row = await this.#reader.first(
      `SELECT (${SELECT_FINGERPRINT}) AS fingerprint, json_group_array(json_array(${columns})) AS page
       FROM (SELECT * FROM entries WHERE entry_key > ? ORDER BY entry_key LIMIT ?)`,
      [after, limit],
    );
    const vectorsAreOurs = row?.['fingerprint'] === this.#fingerprint;
    const page = JSON.parse(row?.['page'] as string) as readonly DocumentTuple[];
    return page.map((tuple) => documentFromTuple(tuple, vectorsAreOurs));
  }

  async changesAfter(after: Seq, limit: number): Promise<ChangeBatch> {
    // One statement, so one snapshot: an entry never comes with the vector of another version.
    const rows = await this.#reader.all(
      `SELECT c.seq AS change_seq, c.nonce, c.entry_key AS change_key, v.vector, e.*
       FROM changes c
       LEFT JOIN entries e ON e.entry_key = c.entry_key
       LEFT JOIN embeddings v ON v.vector_id = e.vector_id AND v.fingerprint = ?
       WHERE c.seq > ? ORDER BY c.seq LIMIT ?`,
      [this.#fingerprint, after, limit],
    );
    await refuseBelowHorizon(this.#reader, after);
    const newest = rows.at(-1);
    const last =
      newest === undefined
        ? { seq: after, nonce: (await this.nonceOf(after)) ?? '' }
        : { seq: asSeq(newest['change_seq'] as number), nonce: newest['nonce'] as string };
    return { afterSeq: after, last, changes: rows.map(changeFromRow) };
  }

  async vectors(ids: readonly VectorId[]): Promise<VectorPage> {
    const rows = await this.#reader.all(
      `SELECT v.vector_id, v.vector FROM embeddings v
       WHERE v.vector_id IN (SELECT value FROM json_each(?)) AND v.fingerprint = ?
       ORDER BY v.vector_id`,
      [JSON.stringify(ids), this.#fingerprint],
    );
    const found = rows.map((row) => vectorFromBlob(row['vector'] ?? null));
    const dimension = found[0]?.length ?? 0;
    const vectors = new Float32Array(found.length * dimension);
    for (const [index, vector] of found.entries()) vectors.set(vector, index * dimension);
    return { ids: Float64Array.from(rows, (row) => row['vector_id'] as number), vectors };
  }

  async close(): Promise<void> {
    this.#release();
  }
}

const DOCUMENT_COLUMNS: readonly string[] = [
  'entry_key',
  'seq',
  'vector_id',
  'type',
  'category_code',
  'section',
  'author',
  'json(tags)',
  'created_at_ms',
  'updated_at_ms',
];
const TEXT_COLUMNS: readonly string[] = ['heading', 'body'];

type DocumentTuple = readonly [
  key: number,
  seq: number,
  vectorId: number | null,
  type: EntityType,
  category: string,
  section: string | null,
  author: string,
  tags: readonly string[],
  createdAtMs: number,
  updatedAtMs: number,
  heading?: string,
  body?: string,
];

function documentFromTuple(tuple: DocumentTuple, vectorsAreOurs: boolean): IndexDocument {
  const [key, seq, vectorId, type, category, section, author, tags, createdAtMs, updatedAtMs, heading, body] =
    tuple;
  return {
    key: asEntryKey(key),
    seq: asSeq(seq),
    vectorId: vectorId === null || !vectorsAreOurs ? null : asVectorId(vectorId),
    type,
    category,
    section,
    author,
    tags,
    createdAtMs,
    updatedAtMs,
    text: heading === undefined || body === undefined ? null : { heading, body },
  };
}

function changeFromRow(row: SqlRow): IndexChange {
  const seq = asSeq(row['change_seq'] as number);
  const key = asEntryKey(row['change_key'] as number);
  if (row['entry_key'] === null) return { seq, key, document: null, vector: null };
  const vector = row['vector'] === null ? null : vectorFromBlob(row['vector'] ?? null);
  const document = indexDocument(entryFromRow(row));
  return { seq, key, document: vector === null ? { ...document, vectorId: null } : document, vector };
}
