import type { Clock } from '../../core/ports/runtime.ts';

export interface BackOffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Doubles from `firstMs` to `maxMs`, less up to a half at random: those that wait must not come back in step. */
export function backOffMs({ firstMs, maxMs }: BackOffOptions, failures: number): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return ceiling * (0.5 + Math.random() / 2);
}

/** An embedder that is away is left alone for growing pauses. */
export class BackOff {
  readonly #clock: Clock;
  readonly #options: BackOffOptions;
  #failures = 0;
  #untilMs = 0;

  constructor(clock: Clock, options: BackOffOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** 0: not waiting. */
  get leftMs(): number {
    return Math.max(0, this.#untilMs - this.#clock.monotonicMs());
  }

  failed(): void {
    // Calls that were under way together fail together: that is one failure.
    if (this.leftMs > 0) return;
    this.#failures += 1;
    this.#untilMs = this.#clock.monotonicMs() + backOffMs(this.#options, this.#failures);
  }

  reset(): void {
    this.#failures = 0;
    this.#untilMs = 0;
  }
}
