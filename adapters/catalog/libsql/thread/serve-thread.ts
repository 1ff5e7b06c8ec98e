import type { MessagePort, Transferable } from 'node:worker_threads';
import { toChlError } from '../../../../src/core/errors.ts';
import type { WriterFault } from '../local-writer.ts';
import type { ThreadMessage, ThreadRequest } from './protocol.ts';

/** What runs inside a thread. */
export interface ThreadService<Call, Result> {
  handle(call: Call): Promise<Result>;
  /** Buffers of a result that are moved instead of copied. */
  transferables(result: Result): readonly Transferable[];
  close(): Promise<void>;
}

export type FaultListener = (fault: WriterFault) => void;

/** The far end of `ThreadClient`: opens the service, says so, and answers every request. */
export async function serveThread<Call, Result>(
  port: MessagePort,
  open: (onFault: FaultListener) => Promise<ThreadService<Call, Result>>,
): Promise<void> {
  const post = (message: ThreadMessage<Result>, transfer: readonly Transferable[] = []): void =>
    port.postMessage(message, transfer);
  let service: ThreadService<Call, Result>;
  try {
    service = await open((fault) => post({ kind: 'fault', fault }));
  } catch (error) {
    post({ kind: 'refused', error: toChlError(error, 'catalog.open').toData() });
    return;
  }

  const answer = async ({ id, call }: ThreadRequest<Call>): Promise<void> => {
    try {
      if (call === 'close') {
        await service.close();
        post({ kind: 'closed', id });
        return;
      }
      const result = await service.handle(call);
      post({ kind: 'result', id, result }, service.transferables(result));
    } catch (error) {
      post({ kind: 'failure', id, error: toChlError(error, 'catalog.thread').toData() });
    }
  };
  port.on('message', (request: ThreadRequest<Call>) => void answer(request));
  post({ kind: 'ready' });
}
