import type { Memory, Sample } from './observer.ts';

const STAGES = 10;
const MB = 1024 * 1024;

interface Stage {
  readonly documents: number;
  readonly seconds: number;
  readonly entriesPerSecond: number;
  readonly peak: Memory;
  readonly last: Sample;
}

/** How an import goes: its rate and its memory for each tenth of the lines, and the peaks of all of it. */
export class Course {
  readonly #stageDocuments: number;
  readonly #stages: Stage[] = [];
  #stageStart = { documents: 0, seconds: 0 };
  #stagePeak: Memory;
  #peak: Memory;

  constructor(lines: number, before: Sample) {
    this.#stageDocuments = lines / STAGES;
    this.#stagePeak = before.memory;
    this.#peak = before.memory;
  }

  get peak(): Memory {
    return this.#peak;
  }

  /** A tenth ends at the first look after it. @param seconds since the start */
  add(now: Sample, seconds: number): void {
    this.#peak = highest(this.#peak, now.memory);
    this.#stagePeak = highest(this.#stagePeak, now.memory);
    const entries = now.documents - this.#stageStart.documents;
    if (now.documents < this.#stageDocuments * (this.#stages.length + 1)) return;
    const entriesPerSecond = entries / (seconds - this.#stageStart.seconds);
    this.#stages.push({
      documents: now.documents,
      seconds,
      entriesPerSecond,
      peak: this.#stagePeak,
      last: now,
    });
    this.#stageStart = { documents: now.documents, seconds };
    this.#stagePeak = now.memory;
  }

  /** One line for each tenth. */
  *lines(): Generator<string> {
    yield 'entries   s     entries/s  serving  index  command  beyond MB   index itself MB  segments  unsealed  merges';
    for (const { documents, seconds, entriesPerSecond, peak, last } of this.#stages) {
      const columns = [
        [documents, 7],
        [seconds.toFixed(1), 7],
        [Math.round(entriesPerSecond), 9],
        [megabytes(peak.serving), 9],
        [megabytes(peak.index), 6],
        [megabytes(peak.command), 8],
        [megabytes(peak.beyond), 10],
        [megabytes(last.indexBytes), 17],
        [last.segments, 9],
        [last.unsealed, 9],
        [last.merges, 7],
      ] as const;
      yield columns.map(([value, width]) => String(value).padStart(width)).join(' ');
    }
  }
}

export function megabytes(bytes: number): string {
  return (bytes / MB).toFixed(0);
}

function highest(one: Memory, other: Memory): Memory {
  const max = (key: keyof Memory): number => Math.max(one[key], other[key]);
  return {
    serving: max('serving'),
    index: max('index'),
    command: max('command'),
    beyond: max('beyond'),
    proportional: max('proportional'),
    builder: max('builder'),
  };
}
