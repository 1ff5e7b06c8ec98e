import type { BuildTask, BuiltSegment, SegmentBuilder } from '../../src/core/ports/segment-builder.ts';
import { Gate } from './gate.ts';

/** A real builder whose next build waits, after it has read its input, until the test lets it go on. */
export class HeldBuilder implements SegmentBuilder {
  readonly #builder: SegmentBuilder;
  #reached: Gate | null = null;
  #released: Gate | null = null;
  /** Set: every build fails with it. */
  failure: Error | null = null;
  readonly tasks: BuildTask[] = [];

  constructor(builder: SegmentBuilder) {
    this.#builder = builder;
  }

  /** @returns when it resolves, a build is done but for being handed over */
  holdNext(): { readonly reached: Promise<void>; readonly release: () => void } {
    this.#reached = new Gate();
    this.#released = new Gate();
    return { reached: this.#reached.opened, release: this.#released.open };
  }

  async build(task: BuildTask): Promise<BuiltSegment | null> {
    this.tasks.push(task);
    if (this.failure !== null) throw this.failure;
    const built = await this.#builder.build(task);
    this.#reached?.open();
    await this.#released?.opened;
    this.#reached = null;
    this.#released = null;
    return built;
  }

  close(): Promise<void> {
    return this.#builder.close();
  }
}
