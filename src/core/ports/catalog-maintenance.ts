import type { Seq } from '../ids.ts';

/** What keeps a database well, beside its reads and writes. One act at a time; searches go on. */
export interface CatalogMaintenance {
  /**
   * A whole copy as of one moment, checked. Writes go on meanwhile and are not in it.
   * @throws STORAGE_FULL, UNAVAILABLE, CORRUPT when the copy is not whole
   */
  backup(): Promise<CatalogBackup>;
  /**
   * Gives unused pages back, merges the full-text index and empties the write-ahead log. Writes wait.
   * @throws STORAGE_FULL: it needs as much room again as the database has content; nothing was changed
   */
  compact(): Promise<CompactReport>;
}

/** The copy, to be read once. Its place is given back when the stream ends or is cancelled. */
export interface CatalogBackup {
  readonly bytes: number;
  /** Of the copy, lower-case hexadecimal. */
  readonly sha256: string;
  /** Newest change in the copy. */
  readonly seq: Seq;
  readonly content: ReadableStream<Uint8Array>;
}

export interface CompactReport {
  /** Database file and write-ahead log together. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}
