import { LRUCache } from 'lru-cache';
import type { Entry } from '../core/entry.ts';
import type { EntryKey } from '../core/ids.ts';
import type { SessionOptions } from './options.ts';

interface Session {
  /** Viewed entries, id → key. */
  readonly viewed: LRUCache<string, EntryKey>;
  readonly cited: LRUCache<string, true>;
}

/**
 * What each client session has seen. In memory and bounded on purpose: it shapes rankings, it is no
 * record. Sessions and entries that were not touched for longest go first.
 */
export class SessionStore {
  readonly #options: SessionOptions;
  readonly #sessions: LRUCache<string, Session>;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#sessions = new LRUCache({ max: options.sessionsMax });
  }

  markViewed(sessionId: string, entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const { viewed } = this.#sessionOf(sessionId);
    for (const { id, key } of entries) viewed.set(id, key);
  }

  markCited(sessionId: string, ids: readonly string[]): void {
    const { cited } = this.#sessionOf(sessionId);
    for (const id of ids) cited.set(id, true);
  }

  viewedKeys(sessionId: string): ReadonlySet<number> {
    return new Set(this.#sessions.get(sessionId)?.viewed.values());
  }

  viewedIds(sessionId: string): readonly string[] {
    return [...(this.#sessions.get(sessionId)?.viewed.keys() ?? [])];
  }

  citedIds(sessionId: string): readonly string[] {
    return [...(this.#sessions.get(sessionId)?.cited.keys() ?? [])];
  }

  #sessionOf(sessionId: string): Session {
    const known = this.#sessions.get(sessionId);
    if (known !== undefined) return known;
    const max = this.#options.entriesPerSessionMax;
    const session: Session = { viewed: new LRUCache({ max }), cited: new LRUCache({ max }) };
    this.#sessions.set(sessionId, session);
    return session;
  }
}
