import { isStopWord } from '../../../src/core/text/stop-words.ts';
import { tokenise, type TokenKind } from '../../../src/core/text/tokenise.ts';
import type { Bm25Parameters } from './parameters.ts';
import type { TermPair } from './proximity.ts';
import type { TermNo, Vocabulary } from './vocabulary.ts';

/** Longer queries are cut: the work per query stays bounded whatever is pasted into it. */
const QUERY_LENGTH_MAX = 4_000;
const QUERY_TOKENS_MAX = 64;
const CORRECTED_WORDS_MAX = 4;
const CORRECTIONS_PER_WORD_MAX = 4;

export interface QueryTerm {
  readonly term: TermNo;
  /** idf × share: what a document adds is below it. */
  readonly boost: number;
}

export interface QueryPlan {
  /** The posting lists to scan, by descending boost. */
  readonly terms: readonly QueryTerm[];
  readonly pairs: readonly TermPair[];
  /**
   * What a document would reach in which every word of the query weighs infinitely much and all stand
   * side by side. Words that no document has count, so a score far below says "not really found".
   */
  readonly scoreMax: number;
}

export interface TermStatistics {
  /** Live documents that have the term. */
  documentFrequency(term: TermNo): number;
  /** Weight of a term in that many documents; greatest for 0. */
  inverseDocumentFrequency(documentFrequency: number): number;
}

export function planQuery(
  query: string,
  vocabulary: Vocabulary,
  statistics: TermStatistics,
  parameters: Bm25Parameters,
): QueryPlan {
  const idf = (term: TermNo): number =>
    statistics.inverseDocumentFrequency(statistics.documentFrequency(term));
  const boosts = new Map<TermNo, number>();
  const sequence: TermNo[] = [];
  let scoreMax = 0;
  let correctedWords = 0;
  for (const [token, kind] of queryTokens(query)) {
    const term = vocabulary.find(token);
    const isNamePart = kind === 'word' || kind === 'bigram';
    if (term !== undefined && statistics.documentFrequency(term) > 0) {
      const boost = idf(term) * (isNamePart ? 1 : parameters.wholeShare);
      // Two forms of one word count once.
      scoreMax += Math.max(0, boost - (boosts.get(term) ?? 0));
      boosts.set(term, Math.max(boost, boosts.get(term) ?? 0));
      if (isNamePart) sequence.push(term);
    } else if (kind === 'word') {
      scoreMax += statistics.inverseDocumentFrequency(0);
      if (correctedWords++ === CORRECTED_WORDS_MAX) continue;
      const corrections = correct(token, vocabulary, statistics);
      for (const other of corrections) {
        boosts.set(other, Math.max(idf(other) * parameters.correctionShare, boosts.get(other) ?? 0));
      }
      if (corrections[0] !== undefined) sequence.push(corrections[0]);
    }
  }
  const pairs = neighbouringPairs(sequence, (a, b) => parameters.pairShare * Math.min(idf(a), idf(b)));
  const terms = Array.from(boosts, ([term, boost]): QueryTerm => ({ term, boost }));
  terms.sort((a, b) => b.boost - a.boost);
  return { terms, pairs, scoreMax: scoreMax + pairs.reduce((sum, pair) => sum + pair.boost, 0) };
}

/** Distinct tokens; words of grammar only when there is nothing else. */
function queryTokens(query: string): ReadonlyMap<string, TokenKind> {
  const content = new Map<string, TokenKind>();
  const grammar = new Map<string, TokenKind>();
  tokenise(query.slice(0, QUERY_LENGTH_MAX), (token, kind) => {
    if (kind === 'character') return;
    const tokens = kind === 'word' && isStopWord(token) ? grammar : content;
    if (tokens.size < QUERY_TOKENS_MAX && !tokens.has(token)) tokens.set(token, kind);
  });
  return content.size > 0 ? content : grammar;
}

/** The commonest words one slip away: the likeliest to have been meant. */
function correct(word: string, vocabulary: Vocabulary, statistics: TermStatistics): readonly TermNo[] {
  return [...vocabulary.neighbours(word)]
    .filter((term) => statistics.documentFrequency(term) > 0)
    .toSorted((a, b) => statistics.documentFrequency(b) - statistics.documentFrequency(a) || a - b)
    .slice(0, CORRECTIONS_PER_WORD_MAX);
}

function neighbouringPairs(
  sequence: readonly TermNo[],
  boostOf: (a: TermNo, b: TermNo) => number,
): readonly TermPair[] {
  return sequence.slice(1).map((second, index) => {
    const first = sequence[index]!;
    return { first, second, boost: boostOf(first, second) };
  });
}
