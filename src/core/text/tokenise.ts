import {
  characterClass,
  DIGIT,
  JOINER,
  LOWER,
  OTHER,
  UPPER,
  type CharacterClass,
} from './character-class.ts';
import { normalise } from './normalise.ts';
import { bigrams, hasUnspacedScript, splitByScript } from './script.ts';

/**
 * Cuts text into lower-case tokens; for prose, for code, and for scripts without spaces.
 *
 * Technical names are found whole and by their parts, in whatever style they are written:
 * `docker-compose`, `docker_compose` and `dockerCompose` all give the whole `dockercompose` and the
 * words `docker`, `compose`. Joiners between digits stay, so `v1.2` is not `v12`. `--dry-run` gives
 * the flag `--dryrun` beside the whole and the words; `C++` gives the whole `c++` beside the word `c`.
 */
export type TokenKind =
  /** A word, or a part of a technical name. */
  | 'word'
  /** A technical name as a whole, its joiners removed. */
  | 'whole'
  /** A command-line option, dashes included. */
  | 'flag'
  /** Two neighbouring characters of a script without spaces; a lone character is a word. */
  | 'bigram'
  /** Each character of such a bigram: texts are indexed by it, so that a lone one finds them. */
  | 'character';

export type TokenVisitor = (token: string, kind: TokenKind) => void;

/** Longer tokens are data, not language: hashes, keys, base64. They are cut, not dropped. */
const TOKEN_LENGTH_MAX = 64;

export function tokenise(text: string, visit: TokenVisitor): void {
  const normalised = normalise(text);
  let at = 0;
  while (at < normalised.length) {
    const start = skipToName(normalised, at);
    if (start === normalised.length) return;
    const name = scanName(normalised, start);
    visitName(normalised, name, dashesBefore(normalised, start, at), visit);
    at = name.end;
  }
}

/** A run of letters and digits, joined by `-`, `_` and `.`, as in `docker-compose.yaml`. */
interface Name {
  readonly start: number;
  readonly end: number;
  readonly isJoined: boolean;
  /** A capital that is not the first letter, after something other than a capital or before a small letter. */
  readonly hasInnerCapital: boolean;
  readonly hasCapital: boolean;
  readonly isAscii: boolean;
}

function skipToName(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.codePointAt(at)!;
    if (isNameCharacter(code)) return at;
    at += code > 0xffff ? 2 : 1;
  }
  return at;
}

function isNameCharacter(codePoint: number): boolean {
  const kind = characterClass(codePoint);
  return kind !== OTHER && kind !== JOINER;
}

function scanName(text: string, start: number): Name {
  let end = start;
  let isJoined = false;
  let hasInnerCapital = false;
  let hasCapital = false;
  let isAscii = true;
  let previous: CharacterClass = OTHER;
  for (let at = start; at < text.length;) {
    const code = text.codePointAt(at)!;
    const kind = characterClass(code);
    if (kind === OTHER) break;
    at += code > 0xffff ? 2 : 1;
    if (kind !== JOINER) {
      isJoined ||= previous === JOINER;
      hasCapital ||= kind === UPPER;
      // aB, 1B, and the second capital of ABc: only then can the name have words inside.
      hasInnerCapital ||=
        (kind === UPPER && (previous === LOWER || previous === DIGIT)) ||
        (kind === LOWER && previous === UPPER && at - start > 2);
      isAscii &&= code < 128;
      end = at;
    }
    previous = kind;
  }
  return { start, end, isJoined, hasInnerCapital, hasCapital, isAscii };
}

/** At most two, and only where no word ends: the `--` of an option. */
function dashesBefore(text: string, start: number, previousEnd: number): string {
  let from = start;
  while (from > previousEnd && start - from < 2 && text[from - 1] === '-') from -= 1;
  return text.slice(from, start);
}

function visitName(text: string, name: Name, dashes: string, visit: TokenVisitor): void {
  const written = text.slice(name.start, name.end);
  if (!name.isAscii && hasUnspacedScript(written)) {
    visitMixedScripts(written, visit);
    return;
  }
  const whole = visitWords(written, name, visit);
  if (dashes !== '') visit(bounded(dashes + whole), 'flag');
  const sign = signAfter(text, name.end);
  if (sign !== '') visit(bounded(whole + sign), 'whole');
}

/** The whole name, lower-case and without joiners. */
function visitWords(
  written: string,
  shape: Pick<Name, 'isJoined' | 'hasInnerCapital' | 'hasCapital'>,
  visit: TokenVisitor,
): string {
  const lower = shape.hasCapital ? written.toLowerCase() : written;
  if (!shape.isJoined && !shape.hasInnerCapital) {
    visit(bounded(lower), 'word');
    return lower;
  }
  const words = splitName(written);
  for (const word of words) visit(bounded(word), 'word');
  if (words.length === 1) return words[0]!;
  const whole = lower.replace(LOOSE_JOINERS, '');
  visit(bounded(whole), 'whole');
  return whole;
}

const JOINERS = /[-_.]+/;
/** Joiners that do not stand between two digits. */
const LOOSE_JOINERS = /(?<!\d)[-_.]+|[-_.]+(?!\d)/g;
/** aB → a|B and HTTPResponse → HTTP|Response, yet URLs stays whole. */
const CASE_BOUNDARY = /(?<=[\p{Ll}\d])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll}{2})/u;
const HAS_SMALL_LETTER = /\p{Ll}/u;

function splitName(name: string): readonly string[] {
  const words: string[] = [];
  for (const part of name.split(JOINERS)) {
    // SHA256SUM has no small letter to tell its words apart.
    const pieces = HAS_SMALL_LETTER.test(part) ? part.split(CASE_BOUNDARY) : [part];
    for (const piece of pieces) if (piece !== '') words.push(piece.toLowerCase());
  }
  return words;
}

function visitMixedScripts(written: string, visit: TokenVisitor): void {
  for (const run of splitByScript(written)) {
    if (hasUnspacedScript(run)) visitUnspaced(run, visit);
    else tokenise(run, visit);
  }
}

function visitUnspaced(run: string, visit: TokenVisitor): void {
  const pairs = bigrams(run);
  for (const character of run) visit(character, pairs.length === 0 ? 'word' : 'character');
  for (const pair of pairs) visit(pair, 'bigram');
}

/** C++, C#, F#: the sign is part of the name; `a+b` is two names. */
function signAfter(text: string, end: number): string {
  let to = end;
  while (to - end < 2 && (text[to] === '+' || text[to] === '#')) to += 1;
  if (to < text.length && isNameCharacter(text.codePointAt(to)!)) return '';
  return text.slice(end, to);
}

function bounded(token: string): string {
  return token.length > TOKEN_LENGTH_MAX ? token.slice(0, TOKEN_LENGTH_MAX) : token;
}
