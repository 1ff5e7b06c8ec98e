import { normalise } from '../core/text/normalise.ts';
import { stem } from '../core/text/stem.ts';
import { isStopWord } from '../core/text/stop-words.ts';
import { tokenise } from '../core/text/tokenise.ts';
import { beginningOf, cutAfter, cutBefore } from './excerpt.ts';

export interface Snippet {
  readonly text: string;
  /** The Markdown heading the passage stands under. */
  readonly heading: string | null;
}

interface Match {
  readonly place: number;
  readonly word: string;
}

/** Words of the text looked at; a skill of a megabyte need not be read to its end for a snippet. */
const WORDS_MAX = 20_000;
/** Matched words stand this far into the passage, so that what leads up to them is seen too. */
const LEAD_SHARE = 0.25;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/** Makes the snippets of one search: its query is read once, and only when a text is too long to show whole. */
export class Snippets {
  readonly #query: string;
  readonly #chars: number;
  #terms: QueryTerms | null = null;

  constructor(query: string, chars: number) {
    this.#query = query;
    this.#chars = chars;
  }

  /** The passage of at most `chars` with the most different words of the query, the earliest among equals. */
  of(body: string): Snippet {
    const chars = this.#chars;
    // Shown whole, and no heading in it: where the words stand changes nothing. So it is with most experiences.
    if (body.length <= chars && !body.includes('#')) return { text: body, heading: null };
    this.#terms ??= queryTerms(this.#query);
    const place = bestPassage(findMatches(body, this.#terms), chars * (1 - LEAD_SHARE));
    const start = passageStart(body, place, chars);
    if (start === 0) return { text: beginningOf(body, chars).text, heading: headingBefore(body, place) };
    const rest = body.slice(start);
    const text = rest.length <= chars ? rest : `${rest.slice(0, cutBefore(rest, chars)).trimEnd()}…`;
    return { text: `…${text.trimStart()}`, heading: headingBefore(body, place) };
  }
}

function passageStart(body: string, place: number, chars: number): number {
  if (body.length <= chars || place < chars * (1 - LEAD_SHARE)) return 0;
  const lead = Math.floor(chars * LEAD_SHARE);
  return cutAfter(body, Math.min(place - lead, body.length - chars), lead);
}

interface QueryTerms {
  readonly stems: ReadonlySet<string>;
  /** First letters of the stems. */
  readonly initials: ReadonlySet<string>;
  /** Pairs of characters, for scripts without spaces. */
  readonly pairs: ReadonlySet<string>;
}

function queryTerms(query: string): QueryTerms {
  const stems = new Set<string>();
  const pairs = new Set<string>();
  tokenise(query, (token, kind) => {
    if (kind === 'bigram') pairs.add(token);
    if (kind === 'word' && !isStopWord(token)) stems.add(stem(token));
  });
  return { stems, initials: new Set(Array.from(stems, (word) => word[0]!)), pairs };
}

function findMatches(body: string, terms: QueryTerms): readonly Match[] {
  const { pairs } = terms;
  const matches = [...findWords(body, terms), ...findPairs(body, pairs)];
  return pairs.size === 0 ? matches : matches.toSorted((a, b) => a.place - b.place);
}

function findPairs(body: string, pairs: ReadonlySet<string>): readonly Match[] {
  return [...pairs].flatMap((word): readonly Match[] => {
    const place = body.indexOf(word);
    return place < 0 ? [] : [{ place, word }];
  });
}

function findWords(body: string, { stems, initials }: QueryTerms): readonly Match[] {
  const matches: Match[] = [];
  if (stems.size === 0) return matches;
  let words = 0;
  for (const match of body.matchAll(WORD)) {
    words += 1;
    if (words > WORDS_MAX) break;
    if (!mayMatch(match[0], initials)) continue;
    const word = stem(normalise(match[0]).toLowerCase());
    if (stems.has(word)) matches.push({ place: match.index, word });
  }
  return matches;
}

/** Stemming keeps the first letter, and most words of a text fail here already; accents are for `normalise`. */
function mayMatch(word: string, initials: ReadonlySet<string>): boolean {
  const initial = word[0]!;
  return initial > '\x7f' || initials.has(initial.toLowerCase());
}

/** A window slides over the matches; what counts is how many different words it holds. */
function bestPassage(matches: readonly Match[], width: number): number {
  const counts = new Map<string, number>();
  let best = { place: 0, distinct: 0 };
  let last = 0;
  matches.forEach((first, index) => {
    for (; last < matches.length && matches[last]!.place - first.place < width; last += 1) {
      const { word } = matches[last]!;
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    if (counts.size > best.distinct) best = { place: first.place, distinct: counts.size };
    const left = counts.get(matches[index]!.word)! - 1;
    if (left === 0) counts.delete(first.word);
    else counts.set(first.word, left);
  });
  return best.place;
}

const HEADING = /^#{1,6}[ \t]+(.+?)[ \t]*#*$/gm;

function headingBefore(body: string, place: number): string | null {
  let heading: string | null = null;
  for (const match of body.matchAll(HEADING)) {
    if (match.index > place) break;
    heading = match[1] ?? null;
  }
  return heading;
}
