import { Bm25Index } from '../../adapters/text/bm25/bm25-index.ts';
import { dot } from '../../src/core/engine/distance.ts';
import {
  FUSION_DEPTH,
  fuse,
  rankByText,
  rankByVector,
  type RankedHits,
  type VectorHits,
} from '../../src/core/engine/fusion.ts';
import { TopK } from '../../src/core/engine/top-k.ts';
import { asDocNo } from '../../src/core/ids.ts';
import type { SearchMode } from '../../src/core/ports/index-host.ts';
import type { Embedder, FusionWeights } from '../../src/core/ports/embedder.ts';
import type { DocSet } from '../../src/core/ports/text-index.ts';
import type { Document } from './data.ts';
import { RANKED_DEPTH, type Ranker } from './ranker.ts';

/** The parts that decide the ranking, without a server: embedder, exact vector scan, BM25, fusion. */
export class InProcessSearch {
  readonly #documents: readonly Document[];
  readonly #embedder: Embedder;
  readonly #textIndex = new Bm25Index();
  readonly #vectors: Float32Array;
  readonly #byCategory = new Map<string, DocSet>();

  static async build(documents: readonly Document[], embedder: Embedder): Promise<InProcessSearch> {
    const texts = documents.map(({ text }) => text);
    const vectors = await embedder.embed({ texts, role: 'passage' });
    return new InProcessSearch(documents, vectors, embedder);
  }

  private constructor(documents: readonly Document[], vectors: Float32Array, embedder: Embedder) {
    this.#documents = documents;
    this.#embedder = embedder;
    this.#vectors = vectors;
    documents.forEach(({ text }, doc) => this.#textIndex.add(asDocNo(doc), text));
    for (const category of new Set(documents.map((document) => document.category))) {
      const members = documents.flatMap((document, doc) => (document.category === category ? [doc] : []));
      this.#byCategory.set(category, new Set(members));
    }
  }

  ranker(mode: SearchMode, weights: FusionWeights = this.#embedder.weights): Ranker {
    return {
      name: mode,
      rank: async (query, category) => {
        const hits = await this.#search(
          query,
          mode,
          weights,
          category === null ? undefined : this.#byCategory.get(category),
        );
        return Array.from(hits.docs.subarray(0, RANKED_DEPTH), (doc) => this.#documents[doc]!.ref);
      },
    };
  }

  async #search(
    query: string,
    mode: SearchMode,
    weights: FusionWeights,
    accept: DocSet | undefined,
  ): Promise<RankedHits> {
    const compareTies = (a: number, b: number): number => a - b;
    const text = this.#textIndex.search(query, FUSION_DEPTH, accept);
    if (mode === 'text') return rankByText(text, compareTies);
    const queryVector = await this.#embedder.embed({ texts: [{ heading: '', body: query }], role: 'query' });
    const vector = this.#scan(queryVector, accept);
    if (mode === 'vector') return rankByVector(vector);
    const cosinesOf = (docs: Uint32Array): Float32Array =>
      Float32Array.from(docs, (doc) => this.#cosine(queryVector, doc));
    return fuse({ vector, text, weights, compareTies, cosinesOf });
  }

  #scan(queryVector: Float32Array, accept: DocSet | undefined): VectorHits {
    const best = new TopK(FUSION_DEPTH);
    for (let doc = 0; doc < this.#documents.length; doc += 1) {
      if (accept === undefined || accept.has(asDocNo(doc))) best.offer(this.#cosine(queryVector, doc), doc);
    }
    const { ids, scores } = best.takeRanked();
    return { docs: Uint32Array.from(ids), cosines: scores };
  }

  #cosine(queryVector: Float32Array, doc: number): number {
    return dot(queryVector, 0, this.#vectors, doc * queryVector.length, queryVector.length);
  }
}
