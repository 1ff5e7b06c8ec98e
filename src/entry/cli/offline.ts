import { existsSync } from 'node:fs';
import { acquireOwnerLock } from '../../../adapters/owner-lock/owner-lock.ts';
import { ChlError } from '../../core/errors.ts';
import { loadConfig, type Config } from '../config.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { Environment } from './connect.ts';

/** With the data folder to itself: for what may not happen under a running service. */
export async function offline<T>(
  environment: Environment,
  folder: 'create' | 'existing',
  work: (config: Config) => Promise<T>,
): Promise<T> {
  const config = loadConfig({ CHL_LOG_LEVEL: 'warn', ...environment });
  if (folder === 'existing' && !existsSync(config.dataDir)) {
    throw new CommandError(EXIT.unreachable, `There is no data folder ${config.dataDir}.`, {
      hint: 'Name another one with CHL_DATA_DIR.',
    });
  }
  const lock = lockFolder(config.dataDir);
  try {
    return await work(config);
  } finally {
    lock.release();
  }
}

function lockFolder(dataDir: string): ReturnType<typeof acquireOwnerLock> {
  try {
    return acquireOwnerLock(dataDir);
  } catch (error) {
    if (!(error instanceof ChlError) || error.code !== 'CONFLICT') throw error;
    throw new CommandError(EXIT.unreachable, error.message, { cause: error, hint: 'Stop it first.' });
  }
}
