import { SECONDS_PER_MS, type RecordedMetrics } from './recorded-metrics.ts';
import type { RequestCounts } from './request-counts.ts';

/** @returns the writer */
export function requestMetrics(metrics: RecordedMetrics): (requests: RequestCounts) => void {
  const labelNames = ['method', 'route', 'status'];
  const total = metrics.counter({
    name: 'chl_http_requests_total',
    help: 'Requests answered, by the pattern of their route',
    labelNames,
  });
  const seconds = metrics.histogram(
    {
      name: 'chl_http_request_duration_seconds',
      help: 'From the request to the head of its answer',
      labelNames,
    },
    SECONDS_PER_MS,
  );
  return (requests) => {
    for (const { labels, count, durationsMs } of requests.series()) {
      total(count, labels);
      seconds(durationsMs, labels);
    }
  };
}
