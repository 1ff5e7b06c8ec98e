import { stemmer } from 'stemmer';

/** Porter's algorithm is for English; anything else keeps its form. */
const ENGLISH_WORD = /^[a-z]{3,}$/;
/** Natural text has few distinct words; a bound keeps hostile text from filling the memory. */
const CACHE_SIZE_MAX = 50_000;

const cache = new Map<string, string>();

/** The stem of a lower-case word (M. F. Porter, "An algorithm for suffix stripping", 1980). */
export function stem(word: string): string {
  const known = cache.get(word);
  if (known !== undefined) return known;
  const stemmed = ENGLISH_WORD.test(word) ? stemmer(word) : word;
  if (cache.size >= CACHE_SIZE_MAX) cache.clear();
  cache.set(word, stemmed);
  return stemmed;
}
