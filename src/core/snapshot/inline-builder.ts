import { Mutex } from 'async-mutex';
import type { BuildTask, BuiltSegment, SegmentBuilder } from '../ports/segment-builder.ts';
import { buildSegment } from './build-segment.ts';
import type { BuildContext } from './build-segment.ts';

/** Builds where it is called: for tests, for the edge, and inside the builder process. */
export class InlineBuilder implements SegmentBuilder {
  readonly #context: BuildContext;
  readonly #oneAtATime = new Mutex();

  /** The context's parts stay the caller's to close. */
  constructor(context: BuildContext) {
    this.#context = context;
  }

  build(task: BuildTask): Promise<BuiltSegment | null> {
    return this.#oneAtATime.runExclusive(() => buildSegment(task, this.#context));
  }

  /** Resolves when the running build has ended. */
  async close(): Promise<void> {
    await this.#oneAtATime.waitForUnlock();
  }
}
