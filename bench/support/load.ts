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
  /** CPU milliseconds a request; the load generator's are not in it. */
  readonly cpuMs: { readonly serving: number; readonly index: number };
}

/** Keeps `connections` busy for `seconds`: each sends its next request when the last is answered. */
export async function runLoad(service: BenchService, options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  let connection = 0;
  const before = service.cpu();
  const startedMs = performance.now();
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: service.url,
        connections: options.connections,
        duration: options.seconds,
        setupClient: (client) => client.setRequests(options.requestsOf(connection++).map(wireRequest)),
      },
      (error: Error | null, done) => (error === null ? resolve(done) : reject(error)),
    );
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
    errors: result.errors + result.timeouts + result.non2xx,
    cpuMs: perRequest(before, service.cpu(), count),
  };
}

function perRequest(before: ServiceCpu, after: ServiceCpu, count: number): LoadResult['cpuMs'] {
  return {
    serving: ((after.serving - before.serving) * 1000) / count,
    index: ((after.index - before.index) * 1000) / count,
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
