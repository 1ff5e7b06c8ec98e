/** A file as Emscripten's IDBFS stores it. */
export interface StoredFile {
  readonly timestamp: Date;
  /** POSIX file mode; says whether it is a folder. */
  readonly mode: number;
  readonly contents?: Uint8Array;
}

type Handler<Event> = ((event: Event) => void) | null;

interface Request<Result> {
  readonly result: Result;
  onsuccess: Handler<{ readonly target: { readonly result: Result } }>;
}

interface KeyCursor {
  readonly primaryKey: string;
  readonly key: Date;
  continue(): void;
}

/**
 * As much of IndexedDB as IDBFS calls, over a Map. A general in-memory IndexedDB answers in later
 * turns of the event loop and clones every file; here the caller decides when the pending answers
 * are given (`takeTask`), so a whole synchronisation takes place within one synchronous call.
 */
export class MemoryIndexedDb {
  readonly files = new Map<string, StoredFile>();
  readonly #answers: (() => void)[] = [];
  readonly #completions: (() => void)[] = [];

  /** A transaction completes after the requests made in it. */
  takeTask(): (() => void) | undefined {
    return this.#answers.shift() ?? this.#completions.shift();
  }

  /** The store exists already: no upgrade. */
  open(): unknown {
    return this.#request({ transaction: () => this.#transaction() });
  }

  #transaction(): unknown {
    const store = {
      index: () => ({ openKeyCursor: () => this.#openCursor() }),
      get: (path: string) => this.#request(this.files.get(path)),
      put: (file: StoredFile, path: string) => this.#request(this.files.set(path, file)),
      delete: (path: string) => this.#request(this.files.delete(path)),
    };
    const transaction: { objectStore: () => unknown; oncomplete: Handler<undefined> } = {
      objectStore: () => store,
      oncomplete: null,
    };
    this.#completions.push(() => transaction.oncomplete?.(undefined));
    return transaction;
  }

  #request<Result>(result: Result): Request<Result> {
    const request: Request<Result> = { result, onsuccess: null };
    this.#answers.push(() => request.onsuccess?.({ target: request }));
    return request;
  }

  #openCursor(): Request<KeyCursor | null> {
    const entries = this.files.entries();
    const request: Request<KeyCursor | null> = { result: null, onsuccess: null };
    const advance = (): void => {
      this.#answers.push(() => {
        const next = entries.next();
        const result = next.done
          ? null
          : { primaryKey: next.value[0], key: next.value[1].timestamp, continue: advance };
        request.onsuccess?.({ target: { result } });
      });
    };
    advance();
    return request;
  }
}
