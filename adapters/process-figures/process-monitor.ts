import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import process from 'node:process';
import type { ProcessFigures } from '../../src/core/ports/index-host.ts';

/** What is told covers the last window that is over and the one that runs: half to a whole minute. */
const WINDOW_MS = 30_000;
const RESOLUTION_MS = 10;
const NANOSECONDS_PER_MS = 1e6;

type LoopDelay = NonNullable<ProcessFigures['loopDelayMs']>;

/** Memory, CPU and event-loop delay of this process. Costs one timer; keeps no process alive. */
export class ProcessMonitor {
  readonly #startedAtMs = Date.now() - process.uptime() * 1000;
  readonly #histogram: IntervalHistogram | null = startHistogram();
  readonly #timer: NodeJS.Timeout;
  #lastWindow: LoopDelay = { p50: 0, p99: 0, max: 0 };

  constructor() {
    this.#timer = setInterval(() => this.#rotate(), WINDOW_MS);
    this.#timer.unref();
  }

  figures(): ProcessFigures {
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return {
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      cpuSeconds: (user + system) / 1e6,
      loopDelayMs: this.#loopDelay(),
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#histogram?.disable();
  }

  #loopDelay(): LoopDelay | null {
    if (this.#histogram === null) return null;
    const now = delayOf(this.#histogram);
    const last = this.#lastWindow;
    return {
      p50: Math.max(now.p50, last.p50),
      p99: Math.max(now.p99, last.p99),
      max: Math.max(now.max, last.max),
    };
  }

  #rotate(): void {
    if (this.#histogram === null) return;
    this.#lastWindow = delayOf(this.#histogram);
    this.#histogram.reset();
  }
}

/** Not every runtime has it. */
function startHistogram(): IntervalHistogram | null {
  try {
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    return histogram;
  } catch {
    return null;
  }
}

/** The histogram measures the time between two samples; what is over the resolution is delay. */
function delayOf(histogram: IntervalHistogram): LoopDelay {
  if (histogram.count === 0) return { p50: 0, p99: 0, max: 0 };
  const delay = (nanoseconds: number): number =>
    Math.max(0, nanoseconds / NANOSECONDS_PER_MS - RESOLUTION_MS);
  return {
    p50: delay(histogram.percentile(50)),
    p99: delay(histogram.percentile(99)),
    max: delay(histogram.max),
  };
}
