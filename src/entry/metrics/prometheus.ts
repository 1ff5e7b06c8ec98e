import { Gauge, Registry } from 'prom-client';
import type { ProcessFigures } from '../../core/ports/index-host.ts';
import type { Clock } from '../../core/ports/runtime.ts';
import type { HttpMetrics } from '../../http/metrics.ts';
import type { NamespaceFigures } from '../../service/namespaces/open-namespaces.ts';
import type { FiguresService } from '../../service/services.ts';
import { indexMetrics } from './index-metrics.ts';
import { lockMetrics } from './lock-metrics.ts';
import { namespaceMetrics } from './namespace-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { RecordedMetrics } from './recorded-metrics.ts';
import type { RequestCounts } from './request-counts.ts';
import { requestMetrics } from './request-metrics.ts';
import { serviceMetrics } from './service-metrics.ts';

export interface PrometheusParts {
  readonly requests: RequestCounts;
  readonly figures: FiguresService;
  /** Of the serving process. */
  readonly processFigures: () => ProcessFigures;
  readonly clock: Clock;
  readonly version: string;
  /** Absent where there are none. */
  readonly namespaces?: () => NamespaceFigures;
}

export type MetricsPage = HttpMetrics['page'];

/**
 * Writes the page for Prometheus. Everything is counted where it happens, as plain data, and asked for
 * when somebody scrapes.
 */
export function createPrometheus(parts: PrometheusParts): MetricsPage {
  const registry = new Registry();
  buildInfo(registry, parts.version);
  const recorded = new RecordedMetrics(registry);
  const writeRequests = requestMetrics(recorded);
  const writeService = serviceMetrics(recorded);
  const writeIndex = indexMetrics(recorded);
  const writeLocks = lockMetrics(recorded);
  const writeProcesses = processMetrics(recorded);
  const writeNamespaces = parts.namespaces === undefined ? null : namespaceMetrics(recorded);
  return async () => {
    const figures = await parts.figures.collect();
    // From here to the text nothing is awaited that another scrape could come between.
    recorded.reset();
    writeRequests(parts.requests);
    writeService(figures);
    writeIndex(figures.index, parts.clock.nowMs());
    writeLocks(figures);
    const { process: index } = figures.index;
    writeProcesses({ serving: parts.processFigures(), ...(index === undefined ? {} : { index }) });
    if (parts.namespaces !== undefined) writeNamespaces?.(parts.namespaces());
    return { contentType: registry.contentType, text: await registry.metrics() };
  };
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
