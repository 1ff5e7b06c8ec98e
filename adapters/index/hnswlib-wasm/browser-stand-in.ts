import { MemoryIndexedDb, type StoredFile } from './memory-indexed-db.ts';

/**
 * hnswlib-wasm is built for web pages: it wants a `window`, an `indexedDB`, starts timers and talks to
 * the console. It gets all of them for exactly one synchronous call at a time. Whatever it left to
 * finish later is finished before the call returns, so no other code ever sees a changed global.
 */
export class BrowserStandIn {
  readonly #timers: (() => void)[] = [];
  readonly #failures: unknown[] = [];
  readonly #indexedDb = new MemoryIndexedDb();

  /** What the library's file system holds or shall hold, by absolute path. */
  get files(): Map<string, StoredFile> {
    return this.#indexedDb.files;
  }

  /** @throws what the library reported to `console.error` instead of throwing */
  run<T>(call: () => T): T {
    const namesBefore = new Set(Object.getOwnPropertyNames(globalThis));
    const restore = replaceGlobals({
      window: globalThis,
      indexedDB: this.#indexedDb,
      setTimeout: (callback: () => void) => this.#timers.push(callback),
      console: {
        ...console,
        log: () => undefined,
        error: (...report: unknown[]) => this.#failures.push(report),
      },
    });
    try {
      const result = call();
      this.#finishPending();
      return result;
    } finally {
      restore();
      removeGlobalsExcept(namesBefore);
    }
  }

  #finishPending(): void {
    for (;;) {
      const task = this.#indexedDb.takeTask() ?? this.#timers.shift();
      if (task === undefined) break;
      task();
    }
    const failures = this.#failures.splice(0);
    if (failures.length > 0) throw new Error('hnswlib-wasm reported a failure.', { cause: failures });
  }
}

function replaceGlobals(replacements: Readonly<Record<string, unknown>>): () => void {
  const originals = Object.keys(replacements).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  for (const [name, value] of Object.entries(replacements)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return () => {
    for (const [name, original] of originals) {
      if (original === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, original);
    }
  };
}

/** Emscripten's debug build defines a warning getter for each of some 150 names it does not use. */
function removeGlobalsExcept(names: ReadonlySet<string>): void {
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!names.has(name)) Reflect.deleteProperty(globalThis, name);
  }
}
