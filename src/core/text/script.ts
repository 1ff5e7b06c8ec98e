/**
 * Scripts written without spaces between words. A dictionary would be needed to cut them into words;
 * overlapping pairs of characters ("bigrams") find nearly as much without one, which is what Lucene's
 * CJKAnalyzer does.
 */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\u30fc\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';

const UNSPACED_ANYWHERE = new RegExp(`[${UNSPACED}]`, 'u');
const UNSPACED_RUN = new RegExp(`([${UNSPACED}][${UNSPACED}\\p{M}]*)`, 'u');

export function hasUnspacedScript(text: string): boolean {
  return UNSPACED_ANYWHERE.test(text);
}

/** "docker入門" → ["docker", "入門"]: runs that are either wholly unspaced script or free of it. */
export function splitByScript(word: string): readonly string[] {
  return word.split(UNSPACED_RUN).filter((run) => run !== '');
}

/** "東京都" → ["東京", "京都"]; a single character gives nothing. */
export function bigrams(run: string): readonly string[] {
  const characters = Array.from(run);
  return characters.slice(1).map((character, index) => characters[index]! + character);
}
