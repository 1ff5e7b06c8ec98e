import type { MessagePort } from 'node:worker_threads';
import type { BindingWriter } from '../local-writer.ts';
import { openWriter } from '../open-writer.ts';
import type { WriterCall, WriterResult, WriterThreadData } from './protocol.ts';
import { serveThread } from './serve-thread.ts';
import { vectorBuffersOfReport } from './vectors.ts';

/** Runs the writer on the thread this is called on; `src/entry/writer-thread.ts` does. */
export function serveWriter(port: MessagePort, data: WriterThreadData): Promise<void> {
  return serveThread<WriterCall, WriterResult>(port, async (onFault) => {
    const writer = await openWriter(data, onFault);
    return {
      handle: (call) => answer(writer, call),
      transferables: (result) => (result.kind === 'commit' ? vectorBuffersOfReport(result.report) : []),
      close: () => writer.close(),
    };
  });
}

async function answer(writer: BindingWriter, call: WriterCall): Promise<WriterResult> {
  switch (call.kind) {
    case 'commit':
      return { kind: 'commit', report: await writer.commit(call.group) };
    case 'bind':
      return { kind: 'bind', fingerprint: await writer.bindFingerprint(call.fingerprint) };
    case 'compact':
      await writer.compact();
      return { kind: 'compact' };
    default:
      return call satisfies never;
  }
}
