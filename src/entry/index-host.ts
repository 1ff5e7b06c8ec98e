import { systemClock } from '../../adapters/clock/system-clock.ts';
import { ProcessHost } from '../../adapters/host/process/process-host.ts';
import { ChlError, toChlError } from '../core/errors.ts';
import type { IndexHost } from '../core/ports/index-host.ts';
import type { Logger } from '../core/ports/runtime.ts';
import type { Config } from './config.ts';
import { entryUrl } from './entry-url.ts';

/**
 * Where the indexes of this service run. A child gets ready while the caller goes on: it opens nothing
 * before it is told to.
 */
export async function openIndexHost(config: Pick<Config, 'index'>, logger: Logger): Promise<IndexHost> {
  const { host, scanKernel } = config.index;
  if (scanKernel === 'native') await requireNativeKernels();
  const entry = entryUrl('index-process');
  // Native code belongs in a child process: a crash in it must not end the service.
  const wanted = host === 'auto' ? ('Deno' in globalThis ? 'inline' : 'process') : host;
  if (wanted === 'process' && entry !== null) return new ProcessHost({ entry, clock: systemClock, logger });
  const { openInlineHost } = await import('./inline-host.ts');
  return openInlineHost(config.index, logger);
}

/** Nothing takes the place of what was asked for by name. @throws CONFIGURATION */
async function requireNativeKernels(): Promise<void> {
  const { openNativeScanKernels } = await import('../../adapters/scan-kernel/native-scan-kernels.ts');
  try {
    openNativeScanKernels('native');
  } catch (cause) {
    throw new ChlError(
      'CONFIGURATION',
      `CHL_SCAN_KERNEL=native cannot be had: ${toChlError(cause, 'config.load').message}`,
      {
        operation: 'config.load',
        hint: 'Run `npm run setup`, which says what is missing, or choose CHL_SCAN_KERNEL=auto.',
        cause,
      },
    );
  }
}
