import type { GrowingSegment } from './growing-segment.ts';
import type { SealedSegment } from './sealed-segment.ts';
import type { Segment } from './segment.ts';

export interface ViewParts {
  readonly sealed: readonly SealedSegment[];
  /** Full, not yet sealed; oldest first. */
  readonly frozen: readonly GrowingSegment[];
  /** The one that takes new vectors. */
  readonly growing: GrowingSegment;
}

/**
 * An immutable list of segments. The engine publishes a new view by one pointer assignment; whoever
 * reads pins the view that is current and is not disturbed by what is published meanwhile. It holds
 * its segments until the last pin is released.
 */
export class View implements ViewParts {
  readonly sealed: readonly SealedSegment[];
  readonly frozen: readonly GrowingSegment[];
  readonly growing: GrowingSegment;
  readonly segments: readonly Segment[];
  readonly #byId: ReadonlyMap<number, Segment>;
  /** The publisher's own, until it publishes the next view. */
  #pins = 1;

  constructor(parts: ViewParts) {
    this.sealed = parts.sealed;
    this.frozen = parts.frozen;
    this.growing = parts.growing;
    this.segments = [...parts.sealed, ...parts.frozen, parts.growing];
    this.#byId = new Map(this.segments.map((segment) => [segment.id, segment]));
    for (const segment of this.segments) segment.retain();
  }

  segment(id: number): Segment | undefined {
    return this.#byId.get(id);
  }

  pin(): this {
    this.#pins += 1;
    return this;
  }

  release(): void {
    this.#pins -= 1;
    if (this.#pins > 0) return;
    for (const segment of this.segments) segment.release();
  }

  /** Rows of all segments, dead ones included. */
  get rows(): number {
    return this.segments.reduce((sum, segment) => sum + segment.rows, 0);
  }
}
