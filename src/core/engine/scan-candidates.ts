import type { PreparedQuery, QuantisedRows } from './quantised-rows.ts';
import { ScoreFloor } from './score-floor.ts';

/** Room for the candidates of a usual scan: 64 of the best, and twice as many before the floor has risen. */
const ROOM = 512;
/** More than storing a score as float32 takes from it. */
const FLOAT32_ROUNDING = 1e-6;

/** Rows that are scored in one call: `length` of them from `from` on, or of a list. */
export interface Run {
  readonly from: number;
  readonly length: number;
  /** Null: they follow each other. */
  readonly list: Uint32Array | null;
}

const rowAt = ({ list, from }: Run, place: number): number =>
  list === null ? from + place : list[from + place]!;

/**
 * The rows of one block that can be among the `k` best of one query. A quantised score is a range; a
 * row is out when it can at most reach less than `k` others reach at least.
 */
export class ScanCandidates {
  readonly #floor = new ScoreFloor();
  #quantised: QuantisedRows | null = null;
  #query: PreparedQuery = { unit: 0, lost: 0, length: 0 };
  #slackMax = 0;
  #rows = new Uint32Array(ROOM);
  #atMost = new Float32Array(ROOM);
  #count = 0;

  /** Forgets what it had. @param least rows that score less are of no use */
  start(quantised: QuantisedRows, query: PreparedQuery, k: number, least = -Infinity): void {
    this.#quantised = quantised;
    this.#query = query;
    this.#slackMax = quantised.slackMax(query);
    this.#floor.start(k, least);
    this.#count = 0;
  }

  /** A score of the kernel's that is below it is no candidate's. */
  get least(): number {
    return (this.#floor.value - this.#slackMax) / this.#query.unit;
  }

  /** @param found from `foundAt` on how many, and their places in the run; `scores` as for takeRun */
  takeFound(run: Run, scores: Float32Array, at: number, found: Uint32Array, foundAt: number): void {
    const end = foundAt + 1 + found[foundAt]!;
    for (let next = foundAt + 1; next < end; next += 1) {
      const place = found[next]!;
      this.#take(rowAt(run, place), scores[at + place]! * this.#query.unit);
    }
  }

  /** @param scores as the kernel gave them, of the run's rows, at `scores[at]` and after */
  takeRun(run: Run, scores: Float32Array, at: number): void {
    const { unit } = this.#query;
    const end = at + run.length;
    for (let place = at; ; place += 1) {
      place = nextAtLeast(scores, place, end, this.least);
      if (place === end) return;
      this.#take(rowAt(run, place - at), scores[place]! * unit);
    }
  }

  /** @param rows best first: behind the first that cannot be a candidate none can, and none is looked up */
  takeRanked(rows: Uint32Array, scores: Float32Array): void {
    for (let at = 0; at < rows.length && scores[at]! >= this.least; at += 1) {
      this.#take(rows[at]!, scores[at]! * this.#query.unit);
    }
  }

  /** What is left when all have been taken, in the order in which they came; good until the next start. */
  rows(): Uint32Array {
    const floor = this.#floor.value;
    let kept = 0;
    for (let at = 0; at < this.#count; at += 1) {
      if (this.#atMost[at]! >= floor) this.#rows[kept++] = this.#rows[at]!;
    }
    return this.#rows.subarray(0, kept);
  }

  #take(row: number, score: number): void {
    const slack = this.#quantised!.slackOf(row, this.#query);
    if (score + slack < this.#floor.value) return;
    this.#floor.add(score - slack);
    if (this.#count === this.#rows.length) this.#grow();
    this.#rows[this.#count] = row;
    this.#atMost[this.#count] = score + slack + FLOAT32_ROUNDING;
    this.#count += 1;
  }

  #grow(): void {
    const [rows, atMost] = [this.#rows, this.#atMost];
    this.#rows = new Uint32Array(2 * rows.length);
    this.#atMost = new Float32Array(2 * rows.length);
    this.#rows.set(rows);
    this.#atMost.set(atMost);
  }
}

const eachQuery: ScanCandidates[] = [];

/** One for each query of a pass, and for a thread: a scan runs to its end before the next one begins. */
export function candidatesOf(query: number): ScanCandidates {
  eachQuery[query] ??= new ScanCandidates();
  return eachQuery[query];
}

/** A loop of its own, which the compiler keeps in registers. @returns `end` when there is none */
function nextAtLeast(scores: Float32Array, from: number, end: number, least: number): number {
  let place = from;
  while (place < end && scores[place]! < least) place += 1;
  return place;
}
