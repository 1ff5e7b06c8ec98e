import {
  DURATION_BOUNDS_MS,
  Histogram,
  SIZE_BOUNDS,
  type HistogramFigures,
} from '../core/figures/histogram.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import type { Clock } from '../core/ports/runtime.ts';
import type { ServedCollection } from './served-collection.ts';

/** Parts of a search as this process sees them: `index` is the way to the index process and back. */
export const SEARCH_STAGES = ['embed', 'index', 'fetch'] as const;
export type SearchStage = (typeof SEARCH_STAGES)[number];

export interface RecordedFigures {
  readonly searchMs: Readonly<Record<SearchStage, HistogramFigures>>;
  /** Texts given to the embedder in one call, to be stored. */
  readonly passages: HistogramFigures;
  readonly passagesMs: HistogramFigures;
  readonly embedderErrors: number;
  /** Writes committed in one transaction. */
  readonly commitGroups: HistogramFigures;
}

/** Counts and times what the services do. It watches ports from outside, so that nobody has to report. */
export class ServiceRecorder {
  readonly #clock: Clock;
  readonly #searchMs = {
    embed: new Histogram(DURATION_BOUNDS_MS),
    index: new Histogram(DURATION_BOUNDS_MS),
    fetch: new Histogram(DURATION_BOUNDS_MS),
  };
  readonly #passages = new Histogram(SIZE_BOUNDS);
  readonly #passagesMs = new Histogram(DURATION_BOUNDS_MS);
  readonly #commitGroups = new Histogram(SIZE_BOUNDS);
  #embedderErrors = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same embedder, watched. */
  watchEmbedder(embedder: Embedder): Embedder {
    const { fingerprint, weights, calibration, description, local, callsAtOnce } = embedder;
    return {
      fingerprint,
      weights,
      calibration,
      description,
      local,
      callsAtOnce,
      embed: async (request) => {
        const isQuery = request.role === 'query';
        if (!isQuery) this.#passages.observe(request.texts.length);
        try {
          return await this.#time(isQuery ? this.#searchMs.embed : this.#passagesMs, () =>
            embedder.embed(request),
          );
        } catch (error) {
          this.#embedderErrors += 1;
          throw error;
        }
      },
      close: () => embedder.close(),
    };
  }

  /** The collection's searches, watched. */
  watchSearches(collection: Pick<ServedCollection, 'search'>): Pick<ServedCollection, 'search'> {
    return {
      search: (query, fingerprint) => this.time('index', () => collection.search(query, fingerprint)),
    };
  }

  time<T>(stage: SearchStage, work: () => Promise<T>): Promise<T> {
    return this.#time(this.#searchMs[stage], work);
  }

  committed(operations: number): void {
    this.#commitGroups.observe(operations);
  }

  figures(): RecordedFigures {
    const { embed, index, fetch } = this.#searchMs;
    return {
      searchMs: { embed: embed.figures(), index: index.figures(), fetch: fetch.figures() },
      passages: this.#passages.figures(),
      passagesMs: this.#passagesMs.figures(),
      embedderErrors: this.#embedderErrors,
      commitGroups: this.#commitGroups.figures(),
    };
  }

  async #time<T>(histogram: Histogram, work: () => Promise<T>): Promise<T> {
    const startMs = this.#clock.monotonicMs();
    try {
      return await work();
    } finally {
      histogram.observe(this.#clock.monotonicMs() - startMs);
    }
  }
}
