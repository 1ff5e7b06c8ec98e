import { ChlError } from '../../../../src/core/errors.ts';
import type { SqlReader, SqlRow, SqlValue } from '../sql-session.ts';
import type { ReaderCall, ReaderResult, ThreadData } from './protocol.ts';
import type { FaultListener } from './serve-thread.ts';
import { ThreadClient } from './thread-client.ts';
import type { ThreadPlace } from './thread-end.ts';

/** Reads on a thread of their own, for what takes longer than a request may hold up the others. */
export class ThreadedReader implements SqlReader {
  readonly #client: ThreadClient<ReaderCall, ReaderResult>;

  private constructor(client: ThreadClient<ReaderCall, ReaderResult>) {
    this.#client = client;
  }

  /** Does not wait for the thread; calls do. */
  static start(place: ThreadPlace, data: ThreadData, onFault: FaultListener): ThreadedReader {
    const client = new ThreadClient<ReaderCall, ReaderResult>({
      place,
      data,
      onFault,
      lost: (cause) =>
        new ChlError('UNAVAILABLE', 'The reading thread ended while it was answering.', {
          operation: 'catalog.read',
          cause,
          retryAfterSeconds: 1,
        }),
    });
    const reader = new ThreadedReader(client);
    // Whoever waits for it hears of a failure.
    reader.started().catch(() => undefined);
    return reader;
  }

  /** @throws UNAVAILABLE when no thread can be started */
  started(): Promise<void> {
    return this.#client.start();
  }

  async first(sql: string, args: readonly SqlValue[] = []): Promise<SqlRow | null> {
    const [row] = await this.all(sql, args);
    return row ?? null;
  }

  all(sql: string, args: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return this.#client.call({ sql, args });
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
