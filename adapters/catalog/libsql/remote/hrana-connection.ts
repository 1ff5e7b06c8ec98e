import {
  BatchCond,
  openHttp,
  ResponseError,
  type BatchStep,
  type HttpClient,
  type InStmt,
  type Stream,
} from '@libsql/hrana-client';
import type { SqlConnection, SqlReader, SqlRow, SqlValue } from '../sql-session.ts';

export interface RemoteDatabase {
  /** `http(s)://` or `libsql://`. */
  readonly url: string;
  readonly authToken: string | null;
  /** One request to the server; beyond it the connection counts as broken. */
  readonly requestTimeoutMs: number;
}

/** With protobuf, where the server has it: 31 MB of vectors come in 0.2 s, as base64 in JSON in 1.2 s (Deno 2.9). */
const PROTOCOL_VERSION = 3;

export interface Statement {
  readonly sql: string;
  readonly args: readonly SqlValue[];
}

/** What became of statements that were sent together. */
export interface ChainResult {
  /** Of each statement up to the one that failed. */
  readonly rows: readonly (readonly SqlRow[])[];
  /** The first statement that failed; those after it did not run. */
  readonly failure: { readonly place: number; readonly error: unknown } | null;
}

/** The server could not be asked, or its answer did not come: SQLite itself said nothing. */
export class ServerAway extends Error {
  override readonly name = 'ServerAway';
}

/**
 * Hrana over HTTP, the protocol of libSQL servers (docs/HRANA_3_SPEC.md of the libSQL repository).
 * The client remembers what its first request found out about the server, failures included, so a
 * new one is made after any failure.
 */
export class HranaClient {
  readonly #database: RemoteDatabase;
  #client: HttpClient | null = null;

  constructor(database: RemoteDatabase) {
    this.#database = database;
  }

  openStream(): Stream {
    this.#client ??= this.#connect();
    const stream = this.#client.openStream();
    stream.intMode = 'number';
    return stream;
  }

  /** The next stream belongs to a new client. */
  renew(): void {
    this.#client?.close();
    this.#client = null;
  }

  #connect(): HttpClient {
    const { url, authToken, requestTimeoutMs } = this.#database;
    const bounded = (request: Request): Promise<Response> => {
      // sqld flushes gzip every few dozen bytes: 1 MB came in 17,000 pieces, 0.4 s instead of 0.02.
      request.headers.set('Accept-Encoding', 'identity');
      return fetch(request, { signal: AbortSignal.timeout(requestTimeoutMs) });
    };
    return openHttp(
      url.replace(/^libsql:/, 'https:'),
      authToken ?? undefined,
      bounded,
      undefined,
      PROTOCOL_VERSION,
    );
  }
}

/** One stream of the server, which is one connection to the database there. */
export class HranaConnection implements SqlConnection {
  readonly #client: HranaClient;
  readonly #stream: Stream;

  constructor(client: HranaClient) {
    this.#client = client;
    this.#stream = client.openStream();
  }

  async all(sql: string, args: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    const { rows } = await this.#ask(() => this.#stream.query(statement({ sql, args })));
    return rows as unknown as readonly SqlRow[];
  }

  async first(sql: string, args: readonly SqlValue[] = []): Promise<SqlRow | null> {
    const { row } = await this.#ask(() => this.#stream.queryRow(statement({ sql, args })));
    return (row as unknown as SqlRow | undefined) ?? null;
  }

  async run(sql: string, args: readonly SqlValue[] = []): Promise<void> {
    await this.#ask(() => this.#stream.run(statement({ sql, args })));
  }

  /**
   * All of them in one round trip; each runs only when the one before it succeeded.
   * @param options.last the connection is closed in the same round trip
   * @throws ServerAway: any of them may have happened
   */
  async chain(statements: readonly Statement[], options: { readonly last: boolean }): Promise<ChainResult> {
    const batch = this.#stream.batch(false);
    const rows: (readonly SqlRow[])[] = [];
    let failure: ChainResult['failure'] = null;
    let former: BatchStep | null = null;
    const steps = statements.map(async (one, place) => {
      const step = batch.step();
      if (former !== null) step.condition(BatchCond.ok(former));
      former = step;
      try {
        const answer = await step.query(statement(one));
        if (answer !== undefined) rows[place] = answer.rows as unknown as readonly SqlRow[];
      } catch (error) {
        failure ??= { place, error };
      }
    });
    await this.#ask(() => {
      const executed = batch.execute();
      if (options.last) this.#stream.closeGracefully();
      return executed;
    });
    await Promise.all(steps);
    return { rows, failure };
  }

  /** Whatever transaction is open there is rolled back. Nobody waits for it. */
  close(): void {
    this.#stream.close();
  }

  /** As part of the round trip that is about to begin. */
  closeAfterwards(): void {
    this.#stream.closeGracefully();
  }

  async #ask<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (error instanceof ResponseError && isSqlite(error.code)) throw error;
      this.#client.renew();
      throw new ServerAway('The libSQL server did not answer.', { cause: error });
    }
  }
}

/** Reads outside any transaction: a stream each, opened and closed in the same round trip. */
export class HranaReader implements SqlReader {
  readonly #client: HranaClient;

  constructor(client: HranaClient) {
    this.#client = client;
  }

  all(sql: string, args: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return this.#once((connection) => connection.all(sql, args));
  }

  first(sql: string, args: readonly SqlValue[] = []): Promise<SqlRow | null> {
    return this.#once((connection) => connection.first(sql, args));
  }

  async #once<T>(read: (connection: HranaConnection) => Promise<T>): Promise<T> {
    const connection = new HranaConnection(this.#client);
    const answer = read(connection);
    connection.closeAfterwards();
    return answer;
  }
}

const statement = ({ sql, args }: Statement): InStmt => [sql, [...args]];

const isSqlite = (code: string | undefined): boolean => code?.startsWith('SQLITE_') ?? false;
