/** Parallel arrays, best first: higher score, then smaller id. */
export interface Ranked {
  readonly ids: Float64Array;
  readonly scores: Float32Array;
}

/**
 * The best `capacity` of any number of candidates, in memory that does not grow with them: a binary
 * heap with the worst kept candidate at the root, so that most of the rest are turned away by one
 * comparison. The order is total (score descending, id ascending), so the answer does not depend on
 * the order in which the candidates came.
 *
 * Scores are float32 (`dot` rounds to it); ids are safe integers.
 */
export class TopK {
  readonly capacity: number;
  readonly #ids: Float64Array;
  readonly #scores: Float32Array;
  #size = 0;

  constructor(capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(`A top-k needs a capacity of at least 1, not ${capacity}.`);
    }
    this.capacity = capacity;
    this.#ids = new Float64Array(capacity);
    this.#scores = new Float32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Candidates can be offered to one of the two and the other kept as it was. */
  copy(): TopK {
    const copy = new TopK(this.capacity);
    copy.#ids.set(this.#ids);
    copy.#scores.set(this.#scores);
    copy.#size = this.#size;
    return copy;
  }

  /** A candidate below this score cannot enter any more. */
  get threshold(): number {
    return this.#size < this.capacity ? -Infinity : this.#scores[0]!;
  }

  offer(score: number, id: number): void {
    if (this.#size < this.capacity) {
      this.#siftUp(this.#size++, score, id);
      return;
    }
    const worst = this.#scores[0]!;
    if (score < worst || (score === worst && id > this.#ids[0]!)) return;
    this.#siftDown(0, score, id);
  }

  /** Empties the heap, which can then be used again. */
  takeRanked(): Ranked {
    const count = this.#size;
    const ids = new Float64Array(count);
    const scores = new Float32Array(count);
    for (let place = count - 1; place >= 0; place -= 1) {
      ids[place] = this.#ids[0]!;
      scores[place] = this.#scores[0]!;
      this.#size = place;
      this.#siftDown(0, this.#scores[place]!, this.#ids[place]!);
    }
    return { ids, scores };
  }

  /** Moves the hole at `slot` towards the root until the candidate may stand in it. */
  #siftUp(slot: number, score: number, id: number): void {
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (!isWorse(score, id, this.#scores[parent]!, this.#ids[parent]!)) break;
      this.#move(parent, slot);
      slot = parent;
    }
    this.#put(slot, score, id);
  }

  /** Moves the hole at `slot` towards the leaves until the candidate may stand in it. */
  #siftDown(slot: number, score: number, id: number): void {
    for (;;) {
      const child = this.#worseChild(slot);
      if (child < 0 || !isWorse(this.#scores[child]!, this.#ids[child]!, score, id)) break;
      this.#move(child, slot);
      slot = child;
    }
    this.#put(slot, score, id);
  }

  #worseChild(slot: number): number {
    const left = 2 * slot + 1;
    if (left >= this.#size) return -1;
    const right = left + 1;
    if (right >= this.#size) return left;
    return isWorse(this.#scores[right]!, this.#ids[right]!, this.#scores[left]!, this.#ids[left]!)
      ? right
      : left;
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#scores[from]!, this.#ids[from]!);
  }

  #put(slot: number, score: number, id: number): void {
    this.#scores[slot] = score;
    this.#ids[slot] = id;
  }
}

function isWorse(score: number, id: number, thanScore: number, thanId: number): boolean {
  return score < thanScore || (score === thanScore && id > thanId);
}
