import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { restoreDatabase } from '../../../adapters/catalog/libsql/restore.ts';
import { NodeFiles } from '../../../adapters/files/node/node-files.ts';
import { MANIFEST, MANIFEST_BACKUP } from '../../core/snapshot/file-names.ts';
import { decodeManifest } from '../../core/snapshot/manifest.ts';
import type { Config } from '../config.ts';
import { databasePath, newestIndexFolder } from '../data-folder.ts';
import { CommandError, EXIT, type ExitCode } from './command-error.ts';
import type { Environment } from './connect.ts';
import { fileError } from './file-error.ts';
import { offline } from './offline.ts';
import type { Terminal } from './terminal.ts';

/** Puts a backup in the place of the database, as the beginning of another history. */
export async function restoreCommand(
  environment: Environment,
  { file, json }: { readonly file: string; readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  if (!existsSync(file)) throw new CommandError(EXIT.usage, `${file} does not exist.`);
  return offline(environment, 'create', async (config) => {
    const path = databasePath(config);
    await mkdir(dirname(path), { recursive: true });
    const report = await restoreDatabase({
      backup: file,
      path,
      epochAtLeast: await newestEpoch(config),
      actor: userInfo().username,
      nowMs: Date.now(),
    }).catch((error: unknown) => {
      throw fileError(error, file);
    });
    const { entries, seq, epoch, damagedKeptAs } = report;
    const kept = damagedKeptAs === null ? '' : ` The damaged database is kept as ${damagedKeptAs}.`;
    const text = `${config.dataDir}: ${entries} entries, up to change ${seq}; epoch ${epoch}. The next start builds the index anew.${kept}`;
    terminal.print(json ? JSON.stringify(report) : text);
    return EXIT.ok;
  });
}

/** Also when the database that began it is gone or cannot be read any more. */
async function newestEpoch(config: Config): Promise<number> {
  const files = await NodeFiles.open(newestIndexFolder(config));
  const epochs = [0];
  for (const name of [MANIFEST, MANIFEST_BACKUP]) {
    const bytes = await files.read(name);
    if (bytes === null) continue;
    // One that is damaged is never opened, so its epoch does not matter.
    const manifest = await decodeManifest(bytes).catch(() => null);
    epochs.push(manifest?.epoch ?? 0);
  }
  return Math.max(...epochs);
}
