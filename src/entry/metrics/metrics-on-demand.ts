import type { HttpMetrics, ObservedRequest } from '../../http/metrics.ts';
import type { PrometheusParts } from './prometheus.ts';

/** Nothing is scraped before anything is answered, so a start does not wait for what counts. */
export const loadPrometheus = () => import('./prometheus.ts');

/** So many requests are kept until there is something to count them with. */
const UNCOUNTED_MAX = 1_000;

/** Every request counts, those from before the metrics were loaded, too. */
export function metricsOnDemand(parts: PrometheusParts): HttpMetrics {
  const uncounted: ObservedRequest[] = [];
  let metrics: HttpMetrics | null = null;
  let loading: Promise<HttpMetrics> | null = null;
  const load = (): Promise<HttpMetrics> =>
    (loading ??= loadPrometheus().then(({ createPrometheus }) => {
      metrics = createPrometheus(parts);
      for (const request of uncounted.splice(0)) metrics.observe(request);
      return metrics;
    }));
  return {
    observe(request) {
      if (metrics !== null) metrics.observe(request);
      // Should it fail, the next scrape says so.
      else if (uncounted.push(request) >= UNCOUNTED_MAX) void load().catch(() => undefined);
    },
    page: async () => (await load()).page(),
  };
}
