import type { IndexHost } from '../../../src/core/ports/index-host.ts';
import type { Clock, Logger } from '../../../src/core/ports/runtime.ts';
import { ProcessMonitor } from '../../process-figures/process-monitor.ts';
import { IndexServer } from './index-server.ts';
import { ipcLogger } from './ipc-logger.ts';
import { leaveWithParent } from './leave-with-parent.ts';
import type { FromIndexProcess, ToIndexProcess } from './protocol.ts';

/** Makes this process the index process of the one that started it. */
export function serveIndexProcess(
  createHost: (parts: { readonly logger: Logger }) => IndexHost,
  clock: Clock,
): void {
  leaveWithParent();
  const send = (message: FromIndexProcess): void => {
    // Gone in the middle of an answer: `leaveWithParent` is about to act.
    if (process.connected) process.send?.(message);
  };
  const logger = ipcLogger(send);
  const monitor = new ProcessMonitor();
  const server = new IndexServer({
    host: createHost({ logger }),
    clock,
    logger,
    send,
    processFigures: () => monitor.figures(),
    // Messages that came in one read are emitted before the check phase of the event loop.
    afterArrived: (callback) => setImmediate(callback),
  });
  process.on('message', (message) => server.receive(message as ToIndexProcess));
}
