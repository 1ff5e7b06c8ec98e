/** What a character means to the tokeniser. */
export const OTHER = 0;
export const LOWER = 1;
export const UPPER = 2;
export const DIGIT = 3;
/** `-`, `_`, `.`: between two letters they join the words of one technical name. */
export const JOINER = 4;
/** A letter without case, or a mark: `ª`, `ん`, `ก`. */
export const CASELESS = 5;

export type CharacterClass =
  | typeof OTHER
  | typeof LOWER
  | typeof UPPER
  | typeof DIGIT
  | typeof JOINER
  | typeof CASELESS;

const ASCII = Uint8Array.from({ length: 128 }, (_, code) => classify(String.fromCharCode(code)));
/** Bounded by the number of characters in Unicode. */
const beyondAscii = new Map<number, CharacterClass>();

export function characterClass(codePoint: number): CharacterClass {
  if (codePoint < 128) return ASCII[codePoint] as CharacterClass;
  let found = beyondAscii.get(codePoint);
  if (found === undefined) {
    found = classify(String.fromCodePoint(codePoint));
    beyondAscii.set(codePoint, found);
  }
  return found;
}

function classify(character: string): CharacterClass {
  if (/[-_.]/.test(character)) return JOINER;
  if (/\p{Ll}/u.test(character)) return LOWER;
  if (/\p{Lu}/u.test(character)) return UPPER;
  if (/\p{N}/u.test(character)) return DIGIT;
  return /[\p{L}\p{M}]/u.test(character) ? CASELESS : OTHER;
}
