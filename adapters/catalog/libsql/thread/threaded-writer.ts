import { ChlError } from '../../../../src/core/errors.ts';
import type { CommitReport, WriteOperation } from '../../../../src/core/ports/catalog.ts';
import type { BindingWriter } from '../local-writer.ts';
import { outcomeUnknown } from '../sqlite-errors.ts';
import type { WriterCall, WriterResult, WriterThreadData } from './protocol.ts';
import type { FaultListener } from './serve-thread.ts';
import { ThreadClient } from './thread-client.ts';
import type { ThreadPlace } from './thread-end.ts';
import { vectorBuffersOf, withOwnVectors } from './vectors.ts';

/** The writer on a thread of its own: lock waits and fsyncs hold up nobody else. */
export class ThreadedWriter implements BindingWriter {
  readonly #client: ThreadClient<WriterCall, WriterResult>;

  private constructor(client: ThreadClient<WriterCall, WriterResult>) {
    this.#client = client;
  }

  static async open(
    place: ThreadPlace,
    data: WriterThreadData,
    onFault: FaultListener,
  ): Promise<ThreadedWriter> {
    const client = new ThreadClient<WriterCall, WriterResult>({
      place,
      data,
      onFault,
      lost: (cause) => outcomeUnknown(cause, 'catalog.commit'),
    });
    await client.start();
    return new ThreadedWriter(client);
  }

  async commit(group: readonly WriteOperation[]): Promise<CommitReport> {
    const owned = withOwnVectors(group);
    const result = await this.#client.call({ kind: 'commit', group: owned }, vectorBuffersOf(owned));
    if (result.kind !== 'commit') throw mixedUp();
    return result.report;
  }

  async bindFingerprint(fingerprint: string): Promise<string> {
    const result = await this.#client.call({ kind: 'bind', fingerprint });
    if (result.kind !== 'bind') throw mixedUp();
    return result.fingerprint;
  }

  async compact(): Promise<void> {
    const result = await this.#client.call({ kind: 'compact' });
    if (result.kind !== 'compact') throw mixedUp();
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function mixedUp(): ChlError {
  return new ChlError('INTERNAL', 'The writer answered another question.', { operation: 'catalog.commit' });
}
