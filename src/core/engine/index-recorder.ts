import { DURATION_BOUNDS_MS, Histogram, SIZE_BOUNDS } from '../figures/histogram.ts';
import type { IndexFigures, RecoverySource } from '../ports/index-host.ts';
import type { Clock } from '../ports/runtime.ts';

/** What an index does and how long it takes, for `CollectionStatus.figures`. */
export class IndexRecorder {
  readonly #clock: Clock;
  readonly #vectorMs = new Histogram(DURATION_BOUNDS_MS);
  readonly #textMs = new Histogram(DURATION_BOUNDS_MS);
  readonly #batches = new Histogram(SIZE_BOUNDS);
  readonly #recoveries: Record<RecoverySource, number> = {
    snapshot: 0,
    backup: 0,
    rebuild: 0,
    empty: 0,
    none: 0,
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many searches are answered in one step. */
  batch(searches: number): void {
    this.#batches.observe(searches);
  }

  /** The vector part of a whole batch: every search in it waits so long. */
  timeVectors<T>(work: () => T): T {
    return this.#time(this.#vectorMs, work);
  }

  /** The text part of one search. */
  timeText<T>(work: () => T): T {
    return this.#time(this.#textMs, work);
  }

  recovered(source: RecoverySource): void {
    this.#recoveries[source] += 1;
  }

  figures(): IndexFigures {
    return {
      vectorMs: this.#vectorMs.figures(),
      textMs: this.#textMs.figures(),
      batches: this.#batches.figures(),
      recoveries: { ...this.#recoveries },
    };
  }

  #time<T>(histogram: Histogram, work: () => T): T {
    const startMs = this.#clock.monotonicMs();
    try {
      return work();
    } finally {
      histogram.observe(this.#clock.monotonicMs() - startMs);
    }
  }
}
