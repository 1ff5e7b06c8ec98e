import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { AncestorCategory } from '../../../adapters/ancestor/ancestor-database.ts';
import { isSqliteFile } from '../../../adapters/ancestor/ancestor-copy.ts';
import { chunksOf, type NumberedLine } from './import-lines.ts';

/** A row that nothing could be made of. */
export interface SkippedRow {
  readonly number: number;
  readonly ref: string | null;
  readonly problem: string;
}

/** What a file holds, as lines that the service takes. */
export interface ImportSource {
  readonly categories: readonly AncestorCategory[];
  /** How much there is, and in what it is counted, for a progress bar. */
  readonly size: number;
  readonly unit: 'bytes' | 'entries';
  /** How much has been read. */
  readonly position: () => number;
  /** What a line of it is called. */
  readonly noun: 'line' | 'row';
  readonly chunks: () => AsyncIterable<readonly NumberedLine[]>;
  close(): Promise<void>;
}

/**
 * An NDJSON file, or the SQLite file of the Python ancestor: the first bytes tell.
 * @param onSkipped hears of rows as they are come by
 * @throws the file system's error, INVALID_ARGUMENT and CORRUPT as `AncestorDatabase.open`
 */
export async function openImportSource(
  file: string,
  onSkipped: (row: SkippedRow) => void,
): Promise<ImportSource> {
  return (await isSqliteFile(file)) ? openAncestor(file, onSkipped) : openLines(file);
}

async function openLines(file: string): Promise<ImportSource> {
  const { size } = await stat(file);
  const stream = createReadStream(file);
  return {
    categories: [],
    size,
    unit: 'bytes',
    position: () => stream.bytesRead,
    noun: 'line',
    chunks: () => chunksOf(stream),
    close: async () => void stream.destroy(),
  };
}

async function openAncestor(file: string, onSkipped: (row: SkippedRow) => void): Promise<ImportSource> {
  // Only here: the database library takes 7 MB, which lines have no use for.
  const { AncestorDatabase } = await import('../../../adapters/ancestor/ancestor-database.ts');
  const database = await AncestorDatabase.open(file);
  let position = 0;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    for (const row of database.entries()) {
      position += 1;
      // A blank line keeps the numbers of lines those of the rows.
      const text = 'line' in row ? JSON.stringify(row.line) : '';
      if ('problem' in row) onSkipped({ number: position, ref: row.ref, problem: row.problem });
      yield encoder.encode(`${text}\n`);
    }
  }
  return {
    categories: database.categories(),
    size: database.count(),
    unit: 'entries',
    position: () => position,
    noun: 'row',
    chunks: () => chunksOf(bytes()),
    close: () => database.close(),
  };
}
