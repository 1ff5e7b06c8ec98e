import { asEntryKey, type EntryKey } from '../../../../src/core/ids.ts';
import { isUsableVector } from '../../../../src/core/engine/vector-check.ts';
import type { SqlReader, SqlRow } from '../sql-session.ts';
import { vectorFromBlob } from '../tables/embeddings.ts';

/** About 1.5 MB with 384 dimensions. */
const PAGE_VECTORS = 1_000;

/** Of the squared length: a float32 vector that was normalised is this close to 1, whatever its dimension. */
const UNIT_TOLERANCE = 1e-3;

export interface StoredVectors {
  readonly ids: ReadonlySet<number>;
  /** Of the first good one; null when there is none. */
  readonly dimension: number | null;
  readonly damaged: readonly DamagedVector[];
}

export interface DamagedVector {
  readonly key: EntryKey;
  readonly problem: string;
}

/** Reads every vector. @param fingerprint what the database is bound to; its text ends in the dimension */
export async function checkStoredVectors(
  reader: SqlReader,
  fingerprint: string | null,
): Promise<StoredVectors> {
  const dimension = fingerprint === null ? null : dimensionOf(fingerprint);
  const ids = new Set<number>();
  const damaged: DamagedVector[] = [];
  for (let after = 0; ;) {
    const rows = await reader.all('SELECT * FROM embeddings WHERE vector_id > ? ORDER BY vector_id LIMIT ?', [
      after,
      PAGE_VECTORS,
    ]);
    for (const row of rows) {
      after = row['vector_id'] as number;
      const problem = problemOf(row, fingerprint, dimension);
      if (problem === null) ids.add(after);
      else
        damaged.push({ key: asEntryKey(row['entry_key'] as number), problem: `vector ${after} ${problem}` });
    }
    if (rows.length < PAGE_VECTORS) return { ids, dimension, damaged };
  }
}

function problemOf(row: SqlRow, fingerprint: string | null, dimension: number | null): string | null {
  if (row['fingerprint'] !== fingerprint) return 'is of another embedder than the database';
  const bytes = row['vector'];
  if (!(bytes instanceof ArrayBuffer || bytes instanceof Uint8Array) || bytes.byteLength % 4 !== 0) {
    return 'is not a list of numbers';
  }
  if (dimension !== null && bytes.byteLength !== 4 * dimension) {
    return `has ${bytes.byteLength / 4} numbers instead of ${dimension}`;
  }
  const vector = vectorFromBlob(bytes);
  if (!isUsableVector(vector, vector.length)) return 'has numbers that are not finite';
  const squares = vector.reduce((sum, value) => sum + value * value, 0);
  return Math.abs(squares - 1) > UNIT_TOLERANCE
    ? `has length ${Math.sqrt(squares).toFixed(3)} instead of 1`
    : null;
}

/** `name@revision/384/unit` → 384 */
function dimensionOf(fingerprint: string): number | null {
  const digits = /\/(\d+)(?:\/unit)?$/.exec(fingerprint)?.[1];
  return digits === undefined ? null : Number(digits);
}
