import type { IndexHits, IndexSearch } from '../ports/index-host.ts';
import { toChlError } from '../errors.ts';

interface Waiting {
  readonly query: IndexSearch;
  readonly resolve: (hits: IndexHits) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Searches that arrive in the same turn of the event loop are answered as one batch: a library that
 * scans with BLAS is several times cheaper so. Nobody waits for company: the batch is taken in the
 * microtask after the first.
 */
export class SearchBatcher {
  readonly #answerAll: (queries: readonly IndexSearch[]) => readonly IndexHits[];
  #waiting: Waiting[] = [];

  /** @param answerAll answers in the order of the queries, or throws */
  constructor(answerAll: (queries: readonly IndexSearch[]) => readonly IndexHits[]) {
    this.#answerAll = answerAll;
  }

  search(query: IndexSearch): Promise<IndexHits> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query, resolve, reject });
      if (this.#waiting.length === 1) queueMicrotask(() => this.#answerWaiting());
    });
  }

  #answerWaiting(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const answers = this.#answerAll(batch.map(({ query }) => query));
      batch.forEach(({ resolve }, index) => resolve(answers[index]!));
    } catch (error) {
      if (batch.length === 1) batch[0]!.reject(toChlError(error, 'index.search'));
      // One bad query must not fail its neighbours: each on its own.
      else for (const alone of batch) this.#answerAlone(alone);
    }
  }

  #answerAlone({ query, resolve, reject }: Waiting): void {
    try {
      resolve(this.#answerAll([query])[0]!);
    } catch (error) {
      reject(toChlError(error, 'index.search'));
    }
  }
}
