import { setTimeout as delay } from 'node:timers/promises';
import { reembedResponse, type ReembedRequest, type ReembedResponse } from '../../service/contract/admin.ts';
import { EXIT, type ExitCode } from './command-error.ts';
import { call, type Service } from './service.ts';
import type { Terminal } from './terminal.ts';

export interface ReembedOptions {
  readonly request: ReembedRequest;
  readonly json: boolean;
}

const POLL_MS = 250;

/**
 * To another embedder; the service answers from the old vectors until all new ones are there. Stopped
 * or killed in the middle, it is run again and goes on where it was.
 */
export async function reembedCommand(
  service: Service,
  { request, json }: ReembedOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  let status = await call(service, reembedResponse, '/admin/reembed', request);
  const progress = terminal.progress(status.total, 'entries');
  let said: string | null = null;
  try {
    while (isRunning(status)) {
      progress.update(status.done);
      if (status.error !== null && status.error !== said) terminal.note(`It waits: ${status.error}`);
      said = status.error;
      await delay(POLL_MS);
      status = await call(service, reembedResponse, '/admin/reembed');
    }
  } finally {
    progress.stop();
  }
  terminal.print(json ? JSON.stringify(status) : outcome(status));
  return status.state === 'failed' ? EXIT.failure : EXIT.ok;
}

const isRunning = ({ state }: ReembedResponse): boolean =>
  state === 'embedding' || state === 'switching' || state === 'opening';

function outcome({ state, from, to, done, total, error }: ReembedResponse): string {
  if (state === 'unchanged') return `The database holds vectors of ${to} already.`;
  if (state === 'failed')
    return `It did not finish: ${error} ${done} of ${total} entries are kept; run it again.`;
  return `From ${from} to ${to}: ${done} of ${total} entries. Set CHL_EMBEDDER to match before the next start, or leave it at auto.`;
}
