import type { BuildTask, BuiltSegment, SegmentBuilder } from '../ports/segment-builder.ts';

/**
 * Seals here what needs no library, and has everything else built elsewhere. To seal rows that are scanned is
 * to write them to a file; a builder that gets only the time that nobody else wants would keep them waiting
 * behind a graph of minutes, and handing 12 MB to it costs as much as hashing them.
 */
export class SealInlineBuilder implements SegmentBuilder {
  readonly #here: SegmentBuilder;
  readonly #elsewhere: SegmentBuilder;

  constructor(here: SegmentBuilder, elsewhere: SegmentBuilder) {
    this.#here = here;
    this.#elsewhere = elsewhere;
  }

  build(task: BuildTask): Promise<BuiltSegment | null> {
    const isWritten = task.input.from === 'rows' && task.parameters.kind === 'flat';
    return (isWritten ? this.#here : this.#elsewhere).build(task);
  }

  async close(): Promise<void> {
    await Promise.all([this.#here.close(), this.#elsewhere.close()]);
  }
}
