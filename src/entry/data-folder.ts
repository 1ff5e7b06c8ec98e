import { resolve } from 'node:path';
import { databasePathOf } from '../../adapters/catalog/libsql/database-url.ts';
import type { Config } from './config.ts';

/** Where things are in the data folder. */

/** @throws CONFIGURATION when the database is a server's */
export const databasePath = ({ databaseUrl, dataDir }: Config): string =>
  databaseUrl === null ? resolve(dataDir, 'chl.db') : databasePathOf(databaseUrl);

/** Snapshots of the index. */
export const indexFolder = ({ dataDir }: Config): string => resolve(dataDir, 'index');
