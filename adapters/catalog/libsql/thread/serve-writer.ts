import type { MessagePort } from 'node:worker_threads';
import { LocalWriter } from '../local-writer.ts';
import { SqliteConnection } from '../sqlite-connection.ts';
import type { ThreadData, WriterCall, WriterResult } from './protocol.ts';
import { serveThread } from './serve-thread.ts';
import { vectorBuffersOfReport } from './vectors.ts';

/** Runs the writer on the thread this is called on; `src/entry/writer-thread.ts` does. */
export function serveWriter(port: MessagePort, data: ThreadData): Promise<void> {
  return serveThread<WriterCall, WriterResult>(port, async (onFault) => {
    const writer = await LocalWriter.open({
      connect: () => new SqliteConnection({ ...data, readOnly: false }),
      onFault,
    });
    return {
      handle: async (call) =>
        call.kind === 'commit'
          ? { kind: 'commit', report: await writer.commit(call.group) }
          : { kind: 'bind', fingerprint: await writer.bindFingerprint(call.fingerprint) },
      transferables: (result) => (result.kind === 'commit' ? vectorBuffersOfReport(result.report) : []),
      close: () => writer.close(),
    };
  });
}
