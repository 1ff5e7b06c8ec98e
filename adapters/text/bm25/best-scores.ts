import { ScoreKeys } from '../../../src/core/engine/score-keys.ts';

/** Parallel arrays, best first. */
export interface RankedScores {
  readonly docs: Uint32Array;
  readonly scores: Float32Array;
}

/** Room for so many times the answer before the rest is thrown out. */
const SLACK = 4;

/**
 * The best `count` of any number of documents with their scores; higher score first, then the smaller
 * number. Gathered and sorted when there are many, not kept in a heap: that took twice as long.
 *
 * One is used again and again: `start` empties it.
 */
export class BestScores {
  #count = 1;
  #capacity = 0;
  readonly #keys = new ScoreKeys();
  #worstScore = -1;
  #worstDoc = 0;

  get memoryBytes(): number {
    return this.#keys.memoryBytes;
  }

  /** @param count at least 1 */
  start(count: number): void {
    this.#count = count;
    this.#capacity = count * SLACK;
    this.#keys.start(this.#capacity);
    this.#worstScore = -1;
  }

  /** @param score not negative, float32 */
  offer(score: number, doc: number): void {
    if (score < this.#worstScore || (score === this.#worstScore && doc > this.#worstDoc)) return;
    if (this.#keys.size === this.#capacity) this.#cut();
    this.#keys.push(score, doc);
  }

  take(): RankedScores {
    const keys = this.#keys;
    keys.sort();
    const count = Math.min(keys.size, this.#count);
    const docs = new Uint32Array(count);
    const scores = new Float32Array(count);
    for (let rank = 0; rank < count; rank += 1) {
      docs[rank] = keys.numberAt(rank);
      scores[rank] = keys.scoreAt(rank);
    }
    return { docs, scores };
  }

  /** Keeps the best; from then on all that cannot enter are turned away by one comparison. */
  #cut(): void {
    this.#keys.sort();
    this.#keys.keepBest(this.#count);
    this.#worstScore = this.#keys.scoreAt(this.#count - 1);
    this.#worstDoc = this.#keys.numberAt(this.#count - 1);
  }
}
