import type { CheckResult } from '../../../../src/core/check-result.ts';
import type { EntryKey } from '../../../../src/core/ids.ts';
import type { ChangeMark, DatabaseIdentity } from '../../../../src/core/ports/index-source.ts';
import { checkTextIndex } from '../../../text/fts5/table.ts';
import type { SqliteConnection } from '../sqlite-connection.ts';
import { sqliteCode } from '../sqlite-errors.ts';
import { lastChange, nonceOf } from '../tables/changes.ts';
import { readFingerprint, readIdentity } from '../tables/meta.ts';
import { checkSchemaVersion } from '../migrations/migrate.ts';
import { fileProblems, referenceProblems } from './file-check.ts';
import { NAMED_MAX, problemsOf } from './problems.ts';
import { ROW_CHECKS } from './row-checks.ts';
import { checkStoredVectors } from './stored-vectors.ts';

export interface DatabaseVerdict {
  readonly checks: readonly CheckResult[];
  /** What a snapshot is compared with; null when the database is too damaged to say. */
  readonly content: DatabaseContent | null;
  /** Full-text search would miss entries or find ones that are not there. */
  readonly textIndexIsDamaged: boolean;
  /** Entries whose vector has to be made anew. */
  readonly vectorless: readonly EntryKey[];
}

export interface DatabaseContent {
  readonly identity: DatabaseIdentity;
  readonly horizon: ChangeMark;
  readonly fingerprint: string | null;
  readonly dimension: number | null;
  /** Of the database's own embedder, undamaged. */
  readonly vectorIds: ReadonlySet<number>;
  nonceOf(seq: ChangeMark['seq']): Promise<string | null>;
}

const NOTHING_TO_SAY = { content: null, textIndexIsDamaged: false, vectorless: [] } as const;

/** Of what is not a database at all, or has a damaged first page. @throws what SQLite did not throw */
export function unreadable(error: unknown): DatabaseVerdict {
  if (!(error instanceof Error) || sqliteCode(error) === null) throw error;
  const check = { check: 'the database file is whole', detail: 'unreadable', problems: [error.message] };
  return { checks: [check], ...NOTHING_TO_SAY };
}

/** Reads everything and changes nothing. @throws CONFIGURATION when it is not ours or newer than the program */
export async function verifyDatabase(connection: SqliteConnection): Promise<DatabaseVerdict> {
  const checks: CheckResult[] = [];
  const note = (check: string, detail: string, problems: readonly string[]): boolean => {
    checks.push({ check, detail, problems });
    return problems.length === 0;
  };
  try {
    const version = await checkSchemaVersion(connection);
    if (
      !note('the database file is whole', `schema version ${version}`, await fileProblems(connection, 'full'))
    ) {
      return { checks, ...NOTHING_TO_SAY };
    }
  } catch (error) {
    return unreadable(error);
  }
  note('references between tables lead somewhere', '', await referenceProblems(connection));
  const text = await textProblems(connection);
  const textIsWhole = note('the full-text index has the words of the entries', '', text);
  for (const { check, sql } of ROW_CHECKS) note(check, '', await problemsOf(connection, sql));
  const fingerprint = await readFingerprint(connection);
  const { ids, dimension, damaged } = await checkStoredVectors(connection, fingerprint);
  const problems = damaged.slice(0, NAMED_MAX).map(({ problem }) => problem);
  note('every vector is finite, of unit length and of the right dimension', `${ids.size} vectors`, problems);
  return {
    checks,
    content: {
      identity: await readIdentity(connection),
      horizon: await lastChange(connection),
      fingerprint,
      dimension,
      vectorIds: ids,
      nonceOf: (seq) => nonceOf(connection, seq),
    },
    textIndexIsDamaged:
      !textIsWhole ||
      checks.some(({ check, problems: found }) => found.length > 0 && check.includes('full-text')),
    vectorless: [...damaged.map(({ key }) => key), ...(await entriesWithoutTheirVector(connection))],
  };
}

async function textProblems(connection: SqliteConnection): Promise<readonly string[]> {
  try {
    await checkTextIndex(connection);
    return [];
  } catch (error) {
    if (sqliteCode(error) === null) throw error;
    return ['it differs from the entries'];
  }
}

/** That say they are embedded and have none, or another; and those that wait in no queue. */
async function entriesWithoutTheirVector(connection: SqliteConnection): Promise<readonly EntryKey[]> {
  const rows = await connection.all(
    `SELECT e.entry_key FROM entries e
     LEFT JOIN embeddings m ON m.entry_key = e.entry_key
     LEFT JOIN embedding_queue q ON q.entry_key = e.entry_key
     WHERE m.vector_id IS NOT e.vector_id
       OR (e.embedding_status = 'embedded') <> (m.vector_id IS NOT NULL)
       OR (e.embedding_status <> 'embedded') <> (q.entry_key IS NOT NULL)`,
  );
  return rows.map((row) => row['entry_key'] as EntryKey);
}
