import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ProcessFigures } from '../../core/ports/index-host.ts';
import type { Clock } from '../../core/ports/runtime.ts';
import type { HttpMetrics, ObservedRequest } from '../../http/metrics.ts';
import type { NamespaceFigures } from '../../service/namespaces/open-namespaces.ts';
import type { FiguresService } from '../../service/services.ts';
import { indexMetrics } from './index-metrics.ts';
import { lockMetrics } from './lock-metrics.ts';
import { namespaceMetrics } from './namespace-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { RecordedMetrics, SECONDS_PER_MS } from './recorded-metrics.ts';
import { serviceMetrics } from './service-metrics.ts';

export interface PrometheusParts {
  readonly figures: FiguresService;
  /** Of the serving process. */
  readonly processFigures: () => ProcessFigures;
  readonly clock: Clock;
  readonly version: string;
  /** Absent where there are none. */
  readonly namespaces?: () => NamespaceFigures;
}

/** Seconds: from a health check to a rebuild that somebody waits for. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/**
 * Metrics for Prometheus. Requests are counted here as they come; everything else is counted where it
 * happens, as plain data, and asked for when somebody scrapes.
 */
export function createPrometheus(parts: PrometheusParts): HttpMetrics {
  const registry = new Registry();
  const requests = new RequestMetrics(registry);
  buildInfo(registry, parts.version);
  const recorded = new RecordedMetrics(registry);
  const writeService = serviceMetrics(recorded);
  const writeIndex = indexMetrics(recorded);
  const writeLocks = lockMetrics(recorded);
  const writeProcesses = processMetrics(recorded);
  const writeNamespaces = parts.namespaces === undefined ? null : namespaceMetrics(recorded);
  return {
    observe: (request) => requests.observe(request),
    async page() {
      const figures = await parts.figures.collect();
      // From here to the text nothing is awaited that another scrape could come between.
      recorded.reset();
      writeService(figures);
      writeIndex(figures.index, parts.clock.nowMs());
      writeLocks(figures);
      const { process: index } = figures.index;
      writeProcesses({ serving: parts.processFigures(), ...(index === undefined ? {} : { index }) });
      if (parts.namespaces !== undefined) writeNamespaces?.(parts.namespaces());
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

class RequestMetrics {
  readonly #seconds: Histogram<'method' | 'route' | 'status'>;
  readonly #total: Counter<'method' | 'route' | 'status'>;

  constructor(registry: Registry) {
    const labelNames = ['method', 'route', 'status'] as const;
    this.#total = new Counter({
      name: 'chl_http_requests_total',
      help: 'Requests answered, by the pattern of their route',
      labelNames,
      registers: [registry],
    });
    this.#seconds = new Histogram({
      name: 'chl_http_request_duration_seconds',
      help: 'From the request to the head of its answer',
      labelNames,
      buckets: REQUEST_BUCKETS,
      registers: [registry],
    });
  }

  observe({ method, route, status, durationMs }: ObservedRequest): void {
    const labels = { method, route, status: String(status) };
    this.#total.inc(labels);
    this.#seconds.observe(labels, durationMs * SECONDS_PER_MS);
  }
}

function buildInfo(registry: Registry, version: string): void {
  const info = new Gauge({
    name: 'chl_build_info',
    help: 'Always 1; its labels say which program runs',
    labelNames: ['version', 'runtime'] as const,
    registers: [registry],
  });
  const { deno, node } = process.versions;
  info.set({ version, runtime: deno === undefined ? `node ${node}` : `deno ${deno}` }, 1);
}
