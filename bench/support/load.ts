import autocannon from 'autocannon';
import type { BenchService, ServiceCpu } from './service.ts';
import { quantile } from './statistics.ts';

export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface LoadOptions {
  readonly connections: number;
  readonly seconds: number;
  /** At most so many requests a second, over all connections; as many as there can be when left out. */
  readonly ratePerSecond?: number;
  /** The load goes on until this is done, too. */
  readonly until?: Promise<unknown>;
  /** What connection `n` sends, over and over. Connections that differ keep caches honest. */
  readonly requestsOf: (connection: number) => readonly LoadRequest[];
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  readonly requests: number;
  /** Connection errors, timeouts and answers that are not 2xx. */
  readonly errors: number;
  /** What kinds of errors, for people; empty without any. */
  readonly problems: string;
  /** CPU milliseconds a request; the load generator's are not in it. */
  readonly cpuMs: { readonly serving: number; readonly index: number };
}

/** A request that waits longer than this counts as an error. */
const ANSWER_MAX_SECONDS = 10;
/** Nobody's work takes longer; a load without an end must end all the same. */
const LOAD_MAX_SECONDS = 600;

/** Keeps `connections` busy for `seconds`: each sends its next request when the last is answered. */
export async function runLoad(service: BenchService, options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  const lists = Array.from({ length: options.connections }, (_, connection) =>
    options.requestsOf(connection),
  );
  let connection = 0;
  const before = service.cpu();
  const startedMs = performance.now();
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: service.url,
        connections: options.connections,
        duration: options.until === undefined ? options.seconds : LOAD_MAX_SECONDS,
        timeout: ANSWER_MAX_SECONDS,
        ...(options.ratePerSecond === undefined ? {} : { overallRate: options.ratePerSecond }),
        setupClient: (client) => client.setRequests([oneByOne(lists[connection++]!)]),
      },
      (error: Error | null, done) => (error === null ? resolve(done) : reject(error)),
    );
    if (options.until !== undefined) {
      const atLeast = new Promise((done) => setTimeout(done, options.seconds * 1000));
      void Promise.allSettled([options.until, atLeast]).then(() => instance.stop());
    }
    // Its own histogram counts whole milliseconds.
    instance.on('response', (_client, _status, _bytes, latencyMs) => latencies.push(latencyMs));
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const sorted = Float64Array.from(latencies).toSorted();
  const count = sorted.length;
  return {
    perSecond: count / seconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    worstMs: sorted.at(-1) ?? Number.NaN,
    requests: count,
    errors: result.errors + result.non2xx,
    problems: problemsOf(result),
    cpuMs: perRequest(before, service.cpu(), count),
  };
}

function problemsOf({ errors, timeouts, statusCodeStats }: autocannon.Result): string {
  const statuses = Object.entries(statusCodeStats ?? {}).filter(([status]) => !status.startsWith('2'));
  const kinds = [
    ...statuses.map(([status, { count }]) => `${count ?? 0} times ${status}`),
    // Time-outs are among its errors.
    ...(timeouts > 0 ? [`${timeouts} without an answer in ${ANSWER_MAX_SECONDS} s`] : []),
    ...(errors > timeouts ? [`${errors - timeouts} broken connections`] : []),
  ];
  return kinds.join(', ');
}

function perRequest(before: ServiceCpu, after: ServiceCpu, count: number): LoadResult['cpuMs'] {
  return {
    serving: ((after.serving - before.serving) * 1000) / count,
    index: ((after.index - before.index) * 1000) / count,
  };
}

/**
 * Puts each request into bytes when its turn comes. All of them at the start would keep this process
 * from reading answers for seconds, and requests of the first connections would count as timed out.
 */
function oneByOne(requests: readonly LoadRequest[]): autocannon.Request {
  let next = 0;
  return {
    setupRequest: (request) => ({ ...request, ...wireRequest(requests[next++ % requests.length]!) }),
  };
}

function wireRequest({ method, path, headers, body }: LoadRequest): autocannon.Request {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  return { method, path, headers: { 'content-type': 'application/json', ...headers }, ...json };
}

/** The list from another place on, so that no two connections ask the same at the same time. */
export function rotated<T>(list: readonly T[], connection: number, connections: number): readonly T[] {
  const start = Math.floor((connection * list.length) / connections);
  return [...list.slice(start), ...list.slice(0, start)];
}
