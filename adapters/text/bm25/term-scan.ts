import { asDocNo } from '../../../src/core/ids.ts';
import type { DocSet } from '../../../src/core/ports/text-index.ts';

/** One term of a query with its postings; what it adds to a document is below its boost. */
export interface TermPostings {
  readonly boost: number;
  /** From `start` to before `end`: the documents, ascending, and the weight of the term in each. */
  readonly docs: Uint32Array;
  readonly weights: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** By document; Infinity for one that is gone. */
  readonly lengths: Float32Array;
  /** k1 · (1 − b + b · length / averageLength), as a line in the length. */
  readonly lengthBase: number;
  readonly lengthFactor: number;
}

/** Scores by document, and the documents that have one: ascending runs, at most one for each term. */
export interface Sums {
  /** 0: none. */
  readonly scores: Float32Array;
  readonly touched: Uint32Array;
  count: number;
}

/** Adds the term to every document that has it. */
export function scanAll(term: TermPostings, sums: Sums): void {
  const { boost, docs, weights, end, lengths, lengthBase, lengthFactor } = term;
  const { scores, touched } = sums;
  let { count } = sums;
  for (let at = term.start; at < end; at += 1) {
    const doc = docs[at]!;
    const length = lengths[doc]!;
    if (length === Infinity) continue;
    const before = scores[doc]!;
    if (before === 0) touched[count++] = doc;
    const weight = weights[at]!;
    scores[doc] = before + (boost * weight) / (weight + lengthBase + lengthFactor * length);
  }
  sums.count = count;
}

/** The same, for the documents that pass. */
export function scanAccepted(term: TermPostings, accept: DocSet, sums: Sums): void {
  const { boost, docs, weights, end, lengths, lengthBase, lengthFactor } = term;
  const { scores, touched } = sums;
  let { count } = sums;
  for (let at = term.start; at < end; at += 1) {
    const doc = docs[at]!;
    if (!accept.has(asDocNo(doc))) continue;
    const length = lengths[doc]!;
    if (length === Infinity) continue;
    const before = scores[doc]!;
    if (before === 0) touched[count++] = doc;
    const weight = weights[at]!;
    scores[doc] = before + (boost * weight) / (weight + lengthBase + lengthFactor * length);
  }
  sums.count = count;
}

/** Adds the term to the documents that have a score, passing all of its postings. */
export function scanTouched(term: TermPostings, { scores }: Sums): void {
  const { boost, docs, weights, end, lengths, lengthBase, lengthFactor } = term;
  for (let at = term.start; at < end; at += 1) {
    const doc = docs[at]!;
    const before = scores[doc]!;
    if (before === 0) continue;
    const weight = weights[at]!;
    scores[doc] = before + (boost * weight) / (weight + lengthBase + lengthFactor * lengths[doc]!);
  }
}

/** Adds the term to the touched documents, looking each up among its postings. */
export function lookUpTouched(term: TermPostings, { scores, touched, count }: Sums): void {
  const { boost, docs, weights, start, end, lengths, lengthBase, lengthFactor } = term;
  let from = start;
  let previous = 0;
  for (let index = 0; index < count; index += 1) {
    const doc = touched[index]!;
    // The next run begins.
    if (doc < previous) from = start;
    previous = doc;
    from = seek(docs, from, end, doc);
    if (from === end || docs[from] !== doc) continue;
    const weight = weights[from]!;
    scores[doc] = scores[doc]! + (boost * weight) / (weight + lengthBase + lengthFactor * lengths[doc]!);
  }
}

/** The first place from `from` on whose document is not below `doc`: leaps that double, then halves. */
function seek(docs: Uint32Array, from: number, end: number, doc: number): number {
  let low = from;
  let leap = 1;
  while (low + leap <= end && docs[low + leap - 1]! < doc) {
    low += leap;
    leap *= 2;
  }
  let high = Math.min(low + leap - 1, end);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (docs[middle]! < doc) low = middle + 1;
    else high = middle;
  }
  return low;
}
