import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { syncFile } from '../../../adapters/catalog/libsql/copy-database.ts';
import { requireWholeDatabase } from '../../../adapters/catalog/libsql/integrity/file-check.ts';
import { SqliteConnection } from '../../../adapters/catalog/libsql/sqlite-connection.ts';
import { CommandError, EXIT, type ExitCode } from './command-error.ts';
import { fileError } from './file-error.ts';
import { accepted, jsonRequest, type Service } from './service.ts';
import { bytesText, type Terminal } from './terminal.ts';

export interface BackupOptions {
  readonly file: string;
  /** Replace a file that is there. */
  readonly force: boolean;
  readonly json: boolean;
}

/** A whole copy of the database in one file, while writes go on. */
export async function backupCommand(
  service: Service,
  { file, force, json }: BackupOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  refuseExisting(file, force);
  const response = await accepted(service, await service.fetch('/admin/backup', jsonRequest({})));
  const partial = `${file}.partial`;
  try {
    const { bytes, sha256 } = await download(response, partial);
    refuseBroken(response, bytes, sha256);
    await checkCopy(partial);
    refuseExisting(file, force);
    await rename(partial, file);
    syncFile(dirname(resolve(file)));
    const report = { file, bytes, sha256: sha256.toString('hex') };
    terminal.print(json ? JSON.stringify(report) : `${file}: ${bytesText(bytes)}, checked.`);
    return EXIT.ok;
  } catch (error) {
    await rm(partial, { force: true });
    throw fileError(error, file);
  }
}

function refuseExisting(file: string, force: boolean): void {
  if (force || !existsSync(file)) return;
  throw new CommandError(EXIT.usage, `${file} is there already.`, { hint: 'Replace it with --force.' });
}

async function download(
  response: Response,
  file: string,
): Promise<{ readonly bytes: number; readonly sha256: Buffer }> {
  const hash = createHash('sha256');
  const handle = await open(file, 'w');
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      hash.update(chunk);
      await handle.writeFile(chunk);
      bytes += chunk.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest() };
}

function refuseBroken(response: Response, bytes: number, sha256: Buffer): void {
  const asked = response.headers.get('Content-Digest');
  if (asked === `sha-256=:${sha256.toString('base64')}:`) return;
  throw new CommandError(
    EXIT.failure,
    `The copy did not arrive whole: ${bytes} bytes, and another checksum.`,
  );
}

async function checkCopy(path: string): Promise<void> {
  const connection = new SqliteConnection({ path, busyTimeoutMs: 0, readOnly: true });
  try {
    await requireWholeDatabase(connection);
  } finally {
    connection.close();
  }
}
