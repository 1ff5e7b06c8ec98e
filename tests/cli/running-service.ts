import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApplication } from '../../src/entry/application.ts';
import type { Environment } from '../../src/entry/cli/connect.ts';
import { loadConfig } from '../../src/entry/config.ts';
import { listenOnNode } from '../../src/entry/listen/node-listener.ts';

export interface RunningService {
  readonly url: string;
  readonly environment: Environment;
  /** Idempotent. The folder stays. */
  readonly stop: () => Promise<void>;
}

/** An environment with a fresh data folder, and no service on its port. */
export async function freshEnvironment(variables: Environment = {}): Promise<{
  readonly environment: Environment;
  readonly folder: string;
  readonly dispose: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'chl-cli-'));
  const environment: Environment = {
    CHL_DATA_DIR: join(folder, 'data'),
    CHL_INDEX_BACKEND: 'flat',
    CHL_LOG_LEVEL: 'silent',
    // Nothing listens on the discard port of loopback.
    CHL_PORT: '9',
    ...variables,
  };
  return { environment, folder, dispose: () => rm(folder, { recursive: true, force: true }) };
}

/** The real service on a real socket, with a port of its own. */
export async function startService(environment: Environment): Promise<RunningService> {
  const config = loadConfig(environment);
  const application = await openApplication(config);
  const listening = await listenOnNode(application.app, { ...config, host: '127.0.0.1', port: 0 });
  await application.collection.opened;
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    listening.cut();
    await listening.stop();
    await application.close();
  };
  return { url: listening.url, environment, stop: () => (stopped ??= stop()) };
}
