import { existsSync } from 'node:fs';
import { ChlError } from '../../core/errors.ts';
import { healthResponse } from '../../service/contract/health.ts';
import { loadConfig } from '../config.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandLine } from './command-line.ts';
import type { Service } from './service.ts';
import type { Terminal } from './terminal.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A service that accepts the connection and then says nothing is as good as none. */
const PROBE_TIMEOUT_MS = 10_000;

export interface ServiceAddress {
  readonly url: string;
  readonly apiKey: string | null;
  /** Whether somebody named the service, or it is just where one would be. */
  readonly asked: boolean;
}

export function serviceAddress(line: CommandLine, environment: Environment): ServiceAddress {
  const asked = line.text('url') ?? nonEmpty(environment['CHL_URL']);
  return {
    url: asked ?? `http://127.0.0.1:${nonEmpty(environment['CHL_PORT']) ?? '8000'}`,
    apiKey: line.text('key') ?? nonEmpty(environment['CHL_API_KEY']),
    asked: asked !== null,
  };
}

/**
 * The running service; where none runs and none was asked for by name, the data folder itself, so
 * that the same commands work before the first `chl serve` and while the service is down.
 * @param folder whether the command may begin a data folder where there is none
 * @throws CommandError `unreachable`
 */
export async function connect(
  line: CommandLine,
  environment: Environment,
  terminal: Terminal,
  folder: 'create' | 'existing',
): Promise<Service> {
  const { url, apiKey, asked } = serviceAddress(line, environment);
  const service = remoteService(url, apiKey);
  const problem = await probe(service);
  if (problem === null) return service;
  if (asked) {
    throw new CommandError(EXIT.unreachable, problem, {
      hint: 'Start one with "chl serve", or name another with --url.',
    });
  }
  terminal.note(`No service at ${url}; working on the data folder itself.`);
  return localService(environment, folder);
}

function remoteService(url: string, key: string | null): Service {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CommandError(
      EXIT.usage,
      `--url must be an address such as http://127.0.0.1:8000, not "${url}".`,
    );
  }
  const base = url.endsWith('/') ? url : `${url}/`;
  return {
    place: url,
    async fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (key !== null) headers.set('Authorization', `Bearer ${key}`);
      try {
        return await fetch(new URL(path.replace(/^\//, ''), base), { ...init, headers });
      } catch (cause) {
        throw new CommandError(EXIT.unreachable, `No CHL service answers at ${url}.`, { cause });
      }
    },
    close: async () => undefined,
  };
}

/** Null when a CHL service is there, healthy or not. */
async function probe(service: Service): Promise<string | null> {
  try {
    const response = await service.fetch('/health', { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const parsed = healthResponse.safeParse(await response.json().catch(() => null));
    return parsed.success ? null : `What answers at ${service.place} is not a CHL service.`;
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    return `No CHL service answers at ${service.place}.`;
  }
}

/** Whoever may open the data folder needs no key; nobody but this process can reach the application. */
export async function localService(
  environment: Environment,
  folder: 'create' | 'existing',
): Promise<Service> {
  const config = loadConfig({ CHL_LOG_LEVEL: 'warn', ...environment });
  if (folder === 'existing' && !existsSync(config.dataDir)) {
    throw new CommandError(
      EXIT.unreachable,
      `No service runs, and there is no data folder ${config.dataDir}.`,
      {
        hint: 'Start one with "chl serve", or name another with --url or CHL_DATA_DIR.',
      },
    );
  }
  const { openApplication } = await import('../application.ts');
  const application = await openApplication(config, { access: 'in-process' }).catch(explainOwner);
  // A search that does not wait for its vectors would be answered by text alone.
  await application.collection.opened;
  return {
    place: config.dataDir,
    fetch: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('Host', '127.0.0.1');
      return application.app.fetch(new Request(new URL(path, 'http://127.0.0.1'), { ...init, headers }));
    },
    close: () => application.close(),
  };
}

function explainOwner(error: unknown): never {
  if (!(error instanceof ChlError) || error.code !== 'CONFLICT') throw error;
  throw new CommandError(EXIT.unreachable, error.message, {
    cause: error,
    hint: 'If a service runs on it, name its address with --url or CHL_URL.',
  });
}

const nonEmpty = (text: string | undefined): string | null =>
  text === undefined || text === '' ? null : text;
