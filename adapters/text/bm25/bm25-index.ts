import type { EntryText } from '../../../src/core/entry.ts';
import type { DocNo } from '../../../src/core/ids.ts';
import type { DocSet, TextCompaction, TextHits, TextIndex } from '../../../src/core/ports/text-index.ts';
import { tokenise } from '../../../src/core/text/tokenise.ts';
import { Accumulators } from './accumulators.ts';
import { Bm25Compaction } from './compaction.ts';
import { FIELD_BREAK } from './document-terms.ts';
import { InvertedIndex } from './inverted-index.ts';
import { DEFAULT_PARAMETERS, type Bm25Parameters } from './parameters.ts';
import { ProximityScorer } from './proximity.ts';
import { planQuery, type TermStatistics } from './query-plan.ts';
import { Vocabulary, type TermNo } from './vocabulary.ts';

/**
 * So many of the best by BM25 are looked at for neighbouring words. Fixed, so that k does not change
 * the order; the gain is never negative, so they stay ahead of the rest.
 */
const PROXIMITY_DEPTH = 50;

/**
 * BM25 over postings in memory (Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and
 * Beyond", 2009), with the simple form of BM25F: heading and body become one weighted term frequency
 * and one weighted length before saturation.
 *
 *     score(d) = Σ idf(t) · tf / (tf + k1 · (1 − b + b · length(d) / averageLength))  +  proximity(d)
 *
 * Without the factor (k1 + 1) a term adds less than its idf, so the sum of the idfs is the bound that
 * `scoreMax` names.
 */
export class Bm25Index implements TextIndex, TermStatistics {
  readonly #parameters: Bm25Parameters;
  readonly #proximity = new ProximityScorer();
  #vocabulary = new Vocabulary();
  #inverted: InvertedIndex;
  #accumulators = new Accumulators();

  constructor(parameters: Partial<Bm25Parameters> = {}) {
    this.#parameters = { ...DEFAULT_PARAMETERS, ...parameters };
    this.#inverted = new InvertedIndex(this.#parameters);
  }

  get documentCount(): number {
    return this.#inverted.documentCount;
  }

  get memoryBytes(): number {
    const own = this.#accumulators.memoryBytes + this.#proximity.memoryBytes;
    return own + this.#vocabulary.memoryBytes + this.#inverted.memoryBytes;
  }

  documentFrequency(term: TermNo): number {
    return this.#inverted.documentFrequency(term);
  }

  inverseDocumentFrequency(documentFrequency: number): number {
    return Math.log(1 + (this.documentCount - documentFrequency + 0.5) / (documentFrequency + 0.5));
  }

  add(doc: DocNo, text: EntryText): void {
    const sequence: TermNo[] = [];
    const headingLength = this.#appendTerms(text.heading, sequence);
    sequence.push(FIELD_BREAK);
    const bodyLength = this.#appendTerms(text.body, sequence);
    const { headingWeight, bodyWeight } = this.#parameters;
    this.#inverted.insert(doc, sequence, headingLength * headingWeight + bodyLength * bodyWeight);
  }

  remove(doc: DocNo): void {
    this.#inverted.remove(doc);
  }

  search(query: string, k: number, accept?: DocSet): TextHits {
    const plan = planQuery(query, this.#vocabulary, this, this.#parameters);
    const wanted = { count: Math.max(k, PROXIMITY_DEPTH), accept };
    const ranked = this.#accumulators.rank(this.#inverted, plan.terms, wanted);
    this.#proximity.rerank(ranked, PROXIMITY_DEPTH, plan.pairs, this.#inverted.documents);
    return {
      docs: ranked.docs.subarray(0, k),
      scores: ranked.scores.subarray(0, k),
      scoreMax: plan.scoreMax,
    };
  }

  compaction(): TextCompaction {
    const parts = { inverted: this.#inverted, vocabulary: this.#vocabulary };
    return new Bm25Compaction(parts, this.#parameters, (copy) => {
      this.#inverted = copy.inverted;
      this.#vocabulary = copy.vocabulary;
      this.#accumulators = new Accumulators();
    });
  }

  /** The number of words. */
  #appendTerms(field: string, sequence: TermNo[]): number {
    let wordCount = 0;
    tokenise(field, (token, kind) => {
      sequence.push(this.#vocabulary.intern(token, () => this.#inverted.createTerm()));
      if (kind === 'word' || kind === 'character') wordCount += 1;
    });
    return wordCount;
  }
}
