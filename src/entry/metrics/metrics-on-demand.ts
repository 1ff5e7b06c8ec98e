import type { HttpMetrics } from '../../http/metrics.ts';
import type { MetricsPage, PrometheusParts } from './prometheus.ts';
import { RequestCounts } from './request-counts.ts';

/** Nothing is scraped before anything is answered, so a start does not wait for what writes the page. */
export const loadPrometheus = () => import('./prometheus.ts');

/** Every request counts, those from before the library was loaded, too. */
export function metricsOnDemand(parts: Omit<PrometheusParts, 'requests'>): HttpMetrics {
  const requests = new RequestCounts();
  let loading: Promise<MetricsPage> | null = null;
  const load = (): Promise<MetricsPage> =>
    (loading ??= loadPrometheus().then(({ createPrometheus }) => createPrometheus({ ...parts, requests })));
  return {
    observe: (request) => requests.observe(request),
    page: async () => (await load())(),
  };
}
