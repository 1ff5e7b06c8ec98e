import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { databasePathOf } from '../../adapters/catalog/libsql/database-url.ts';
import type { Config } from './config.ts';

/** Where things are in the data folder. */

/** @throws CONFIGURATION when the database is a server's */
export const databasePath = ({ databaseUrl, dataDir }: Config): string =>
  databaseUrl === null ? resolve(dataDir, 'chl.db') : databasePathOf(databaseUrl);

/** Snapshots of the index. @param generation 1, and one more with every change of embedder */
export const indexFolder = ({ dataDir }: Config, generation: number): string =>
  resolve(dataDir, generation === 1 ? 'index' : `index-${generation}`);

/** Of a folder that no service runs on: every change of embedder leaves only the newest generation. */
export function newestIndexFolder(config: Config): string {
  const names = existsSync(config.dataDir) ? readdirSync(config.dataDir) : [];
  const generations = names.map((name) => Number(/^index-(\d+)$/.exec(name)?.[1] ?? 1));
  return indexFolder(config, Math.max(1, ...generations));
}
