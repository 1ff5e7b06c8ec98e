import { systemClock } from '../../adapters/clock/system-clock.ts';
import { ProcessHost } from '../../adapters/host/process/process-host.ts';
import type { IndexHost } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import type { Config } from './config.ts';
import { entryUrl } from './entry-url.ts';

/**
 * Where the indexes of this service run. A child gets ready while the caller goes on: it opens nothing
 * before it is told to.
 */
export async function openIndexHost(config: Pick<Config, 'index'>, logger: Logger): Promise<IndexHost> {
  const { host, backend } = config.index;
  const entry = entryUrl('index-process');
  // Native code belongs in a child process: a crash in it must not end the service.
  const wanted = host === 'auto' ? ('Deno' in globalThis ? 'inline' : 'process') : host;
  if (wanted === 'process' && entry !== null) return new ProcessHost({ entry, clock: systemClock, logger });
  const { openInlineHost } = await import('./inline-host.ts');
  return openInlineHost(backend, logger);
}
