import { Counter, Gauge, type Metric, type Registry } from 'prom-client';
import type { HistogramFigures } from '../../core/figures/histogram.ts';

/** Durations are kept in milliseconds and told in seconds, as Prometheus wants them. */
export const SECONDS_PER_MS = 1e-3;

interface Description {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

/** Sets one series. */
type Writer<Value> = (value: Value, labels?: Labels) => void;

/** Metrics whose values are counted elsewhere and put here just before each scrape. */
export class RecordedMetrics {
  readonly #registry: Registry;
  readonly #resets: (() => void)[] = [];

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  gauge(description: Description): Writer<number> {
    const gauge = new Gauge(this.#configuration(description));
    this.#resets.push(() => gauge.reset());
    return (value, labels = {}) => gauge.set(labels, value);
  }

  /** Of totals that go back to zero with the process that counts them, as Prometheus expects. */
  counter(description: Description): Writer<number> {
    const counter = new Counter(this.#configuration(description));
    this.#resets.push(() => counter.reset());
    return (total, labels = {}) => counter.inc(labels, total);
  }

  /** @param scale from the recorded unit to the one told */
  histogram(description: Description, scale = 1): Writer<HistogramFigures> {
    const histogram = new RecordedHistogram(description);
    this.#registry.registerMetric(histogram as unknown as Metric);
    this.#resets.push(() => histogram.forget());
    return (figures, labels = {}) => histogram.put(figures, labels, scale);
  }

  /** Series that are not set again are gone: what no longer exists is not told. */
  reset(): void {
    for (const reset of this.#resets) reset();
  }

  #configuration({ name, help, labelNames = [] }: Description) {
    return { name, help, labelNames: [...labelNames], registers: [this.#registry] };
  }
}

interface Sample {
  readonly metricName: string;
  readonly labels: Labels;
  readonly value: number;
}

/** A histogram that somebody else has counted; the registry asks a metric for its name and `get` alone. */
class RecordedHistogram {
  readonly name: string;
  readonly #help: string;
  #samples: Sample[] = [];

  constructor({ name, help }: Description) {
    this.name = name;
    this.#help = help;
  }

  put({ bounds, counts, sum }: HistogramFigures, labels: Labels, scale: number): void {
    let count = 0;
    for (const [bucket, inBucket] of counts.entries()) {
      count += inBucket;
      const bound = bounds[bucket];
      const le = bound === undefined ? '+Inf' : String(Number((bound * scale).toPrecision(6)));
      this.#add('_bucket', { le, ...labels }, count);
    }
    this.#add('_sum', labels, sum * scale);
    this.#add('_count', labels, count);
  }

  forget(): void {
    this.#samples = [];
  }

  async get() {
    return { name: this.name, help: this.#help, type: 'histogram', values: this.#samples };
  }

  #add(suffix: string, labels: Labels, value: number): void {
    this.#samples.push({ metricName: this.name + suffix, labels, value });
  }
}
