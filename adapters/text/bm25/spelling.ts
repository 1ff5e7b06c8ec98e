import { grown } from './posting-lists.ts';

/** Shorter words have too many neighbours that mean something else. */
const WORD_LENGTH_MIN = 4;
const WORD_LENGTH_MAX = 32;
/** Letters of any script. A digit that differs is another number, not a slip. */
const LETTERS_ONLY = /^\p{L}+$/u;

/**
 * Finds the words of a vocabulary that are one slip of the keyboard away: a letter changed, missing,
 * doubled in, or two neighbours swapped (Damerau–Levenshtein distance 1).
 *
 * A scan, not a deletion-neighbourhood index: the length and the set of letters, one 32-bit mask per
 * word, turn away nearly all of the vocabulary in a few instructions each (0.05 ms for 20,000 words),
 * there is nothing to build or to keep in step, and memory is five bytes a word.
 */
export class SpellingDictionary {
  readonly #words: string[] = [];
  #lengths = new Uint8Array(1024);
  #letterSets = new Uint32Array(1024);

  get memoryBytes(): number {
    return this.#lengths.byteLength + this.#letterSets.byteLength;
  }

  /** The caller adds a word once. */
  add(word: string): void {
    if (!isCorrectable(word)) return;
    const index = this.#words.push(word) - 1;
    if (index === this.#lengths.length) {
      this.#lengths = grown(this.#lengths, index + 1);
      this.#letterSets = grown(this.#letterSets, index + 1);
    }
    this.#lengths[index] = word.length;
    this.#letterSets[index] = letterSet(word);
  }

  /** In the order in which they were added; empty for words too short, too long or with digits. */
  neighbours(word: string): readonly string[] {
    if (!isCorrectable(word)) return [];
    const found: string[] = [];
    const letters = letterSet(word);
    for (let index = 0; index < this.#words.length; index += 1) {
      const lengthDifference = this.#lengths[index]! - word.length;
      if (lengthDifference < -1 || lengthDifference > 1) continue;
      // One changed letter takes at most one letter out of the set and brings one in.
      if (!hasAtMostTwoBits(this.#letterSets[index]! ^ letters)) continue;
      const candidate = this.#words[index]!;
      if (isOneSlipApart(word, candidate)) found.push(candidate);
    }
    return found;
  }
}

function isCorrectable(word: string): boolean {
  return word.length >= WORD_LENGTH_MIN && word.length <= WORD_LENGTH_MAX && LETTERS_ONLY.test(word);
}

function letterSet(word: string): number {
  let set = 0;
  for (let index = 0; index < word.length; index += 1) set |= 1 << (word.charCodeAt(index) & 31);
  return set;
}

function hasAtMostTwoBits(bits: number): boolean {
  const withoutLowest = bits & (bits - 1);
  return (withoutLowest & (withoutLowest - 1)) === 0;
}

/** Whether two different words are at Damerau–Levenshtein distance 1. */
export function isOneSlipApart(a: string, b: string): boolean {
  const lengthMin = Math.min(a.length, b.length);
  let prefix = 0;
  while (prefix < lengthMin && a[prefix] === b[prefix]) prefix += 1;
  if (a.length === b.length) {
    if (a.slice(prefix + 1) === b.slice(prefix + 1)) return prefix < a.length;
    const swapped = a[prefix] === b[prefix + 1] && a[prefix + 1] === b[prefix];
    return swapped && a.slice(prefix + 2) === b.slice(prefix + 2);
  }
  const [longer, shorter] = a.length > b.length ? [a, b] : [b, a];
  return longer.length === shorter.length + 1 && longer.slice(prefix + 1) === shorter.slice(prefix);
}
