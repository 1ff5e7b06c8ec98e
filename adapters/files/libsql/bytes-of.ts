import { ChlError } from '../../../src/core/errors.ts';
import type { SqlCell } from '../../catalog/libsql/sql-session.ts';

/** @throws CORRUPT when the cell is not a BLOB */
export function bytesOf(cell: SqlCell): Uint8Array {
  if (cell instanceof Uint8Array) return cell;
  if (cell instanceof ArrayBuffer) return new Uint8Array(cell);
  throw new ChlError('CORRUPT', 'A part of a snapshot is not a BLOB.', { operation: 'snapshot.read' });
}
