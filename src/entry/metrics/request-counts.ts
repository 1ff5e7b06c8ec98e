import { Histogram, type HistogramFigures } from '../../core/figures/histogram.ts';
import type { ObservedRequest } from '../../http/metrics.ts';

/** From a cached search to an import of a gigabyte. */
const BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000];

export interface RequestSeries {
  readonly labels: { readonly method: string; readonly route: string; readonly status: string };
  readonly count: number;
  readonly durationsMs: HistogramFigures;
}

interface Series {
  readonly labels: RequestSeries['labels'];
  readonly durationsMs: Histogram;
  count: number;
}

/**
 * Counts requests as they are answered, without the metrics library, which is loaded for the first scrape
 * and whose labels took 6 % of this process's time under searches.
 */
export class RequestCounts {
  readonly #series = new Map<string, Series>();

  observe({ method, route, status, durationMs }: ObservedRequest): void {
    const key = `${status} ${method} ${route}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const labels = { method, route, status: String(status) };
      series = { labels, durationsMs: new Histogram(BOUNDS_MS), count: 0 };
      this.#series.set(key, series);
    }
    series.count += 1;
    series.durationsMs.observe(durationMs);
  }

  series(): readonly RequestSeries[] {
    return Array.from(this.#series.values(), ({ labels, count, durationsMs }) => ({
      labels,
      count,
      durationsMs: durationsMs.figures(),
    }));
  }
}
