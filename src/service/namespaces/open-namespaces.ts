import { E_CANCELED, E_TIMEOUT, Semaphore, withTimeout, type SemaphoreInterface } from 'async-mutex';
import { ChlError, toChlError } from '../../core/errors.ts';
import type { Clock, Logger, Timer } from '../../core/ports/runtime.ts';

/** What is open for a namespace: its database, index and everything that answers for it. */
export interface OpenNamespace {
  /** Work that outlives its request, such as a change of embedder: it is not closed meanwhile. */
  readonly isAtWork: boolean;
  /** Ends answers that have no end of their own. */
  endStreams(): void;
  /** Finishes what was taken. */
  close(): Promise<void>;
}

export interface OpenNamespacesOptions<Opened extends OpenNamespace> {
  /** @throws NOT_FOUND: a name that does not exist takes no place */
  readonly check: (name: string) => Promise<void>;
  readonly open: (name: string) => Promise<Opened>;
  /** Open at once, those that are being opened or closed among them. */
  readonly countMax: number;
  /** Unused for so long, a namespace is closed. */
  readonly idleMs: number;
  /** The longest wait for a place, and for the users of one that is to be deleted. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface NamespaceLease<Opened> {
  readonly opened: Opened;
  /** To be called once: until then it stays open. */
  readonly leave: () => void;
}

type CloseReason = 'idle' | 'evicted' | 'deleted' | 'shutdown';

export interface NamespaceFigures {
  readonly open: number;
  readonly openMax: number;
  readonly opened: number;
  readonly openFailed: number;
  /** Requests that found no place. */
  readonly refused: number;
  readonly closed: Readonly<Record<CloseReason, number>>;
}

interface Entry<Opened> {
  readonly name: string;
  users: number;
  /** Null once it is being closed. */
  opening: Promise<Opened> | null;
  /** Null until it has opened. */
  opened: Opened | null;
  /** Whoever comes meanwhile waits for it, and begins anew. */
  closing: Promise<void> | null;
  idle: Timer | null;
  release: () => void;
  onUnused: () => void;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * The namespaces that are open now. The first request opens one, those that come meanwhile share
 * that; when all places are taken the least recently used one that nobody uses is closed for it, and
 * when all are in use the request waits its turn, and then gets 503.
 */
export class OpenNamespaces<Opened extends OpenNamespace> {
  readonly #options: OpenNamespacesOptions<Opened>;
  readonly #places: SemaphoreInterface;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry<Opened>>();
  readonly #counts = { opened: 0, openFailed: 0, refused: 0 };
  readonly #closed: Record<CloseReason, number> = { idle: 0, evicted: 0, deleted: 0, shutdown: 0 };
  /** Names that are kept closed; who asks for one waits. */
  readonly #keptClosed = new Map<string, Promise<void>>();
  #placesWanted = 0;
  #isEnding = false;

  constructor(options: OpenNamespacesOptions<Opened>) {
    this.#options = options;
    this.#places = withTimeout(new Semaphore(options.countMax), options.waitMs);
  }

  figures(): NamespaceFigures {
    return {
      ...this.#counts,
      open: [...this.#entries.values()].filter(({ opened }) => opened !== null).length,
      openMax: this.#options.countMax,
      closed: { ...this.#closed },
    };
  }

  isOpen(name: string): boolean {
    return (this.#entries.get(name)?.opened ?? null) !== null;
  }

  /**
   * Opens the namespace, unless it is open, and keeps it so until the lease is left.
   * @throws NOT_FOUND, OVERLOADED when every place is in use, UNAVAILABLE at the end of the service,
   *   and whatever keeps it from opening; the next request tries again
   */
  async enter(name: string): Promise<NamespaceLease<Opened>> {
    for (;;) {
      if (this.#isEnding) throw ending();
      const keptClosed = this.#keptClosed.get(name);
      if (keptClosed !== undefined) {
        await keptClosed;
        continue;
      }
      const entry = this.#entries.get(name) ?? this.#begin(name);
      if (entry.opening === null) {
        await entry.closing;
        continue;
      }
      this.#use(entry);
      try {
        const opened = await entry.opening;
        let hasLeft = false;
        return {
          opened,
          leave: () => {
            if (!hasLeft) this.#leave(entry);
            hasLeft = true;
          },
        };
      } catch (error) {
        entry.users -= 1;
        throw error;
      }
    }
  }

  /**
   * Does `work` while the namespace is closed and stays so; who asks for it meanwhile waits.
   * @throws CONFLICT when its users do not leave in time
   */
  async whileClosed(name: string, work: () => Promise<void>): Promise<void> {
    for (let other = this.#keptClosed.get(name); other !== undefined; other = this.#keptClosed.get(name))
      await other;
    if (this.#isEnding) throw ending();
    const working = this.#shut(name).then(work);
    const ended = working.then(
      () => undefined,
      () => undefined,
    );
    this.#keptClosed.set(name, ended);
    void ended.then(() => this.#keptClosed.delete(name));
    await working;
  }

  /** Closes all of them, once nobody can ask any more. */
  async close(): Promise<void> {
    this.#isEnding = true;
    this.#places.cancel();
    await Promise.all(this.#keptClosed.values());
    await Promise.all(
      [...this.#entries.values()].map(async (entry) => {
        await entry.opening?.catch(() => undefined);
        if (this.#entries.get(entry.name) !== entry) return;
        await (entry.opened === null ? entry.closing : this.#close(entry, 'shutdown'));
      }),
    );
  }

  endStreams(): void {
    for (const { opened } of this.#entries.values()) opened?.endStreams();
  }

  #begin(name: string): Entry<Opened> {
    const entry = emptyEntry<Opened>(name);
    this.#entries.set(name, entry);
    entry.opening = this.#open(entry);
    // Everybody who shares it is told; nobody need be left when it fails.
    entry.opening.catch(() => undefined);
    return entry;
  }

  async #open(entry: Entry<Opened>): Promise<Opened> {
    const { check, open, clock, logger } = this.#options;
    try {
      await check(entry.name);
      entry.release = await this.#takePlace();
      const startMs = clock.monotonicMs();
      entry.opened = await open(entry.name);
      this.#counts.opened += 1;
      logger.debug({ namespace: entry.name, durationMs: clock.monotonicMs() - startMs }, 'namespace opened');
      return entry.opened;
    } catch (thrown) {
      const error = toChlError(thrown, 'namespace.open');
      if (error.code === 'OVERLOADED') this.#counts.refused += 1;
      else if (error.code !== 'NOT_FOUND') this.#counts.openFailed += 1;
      entry.release();
      this.#entries.delete(entry.name);
      throw error;
    }
  }

  async #takePlace(): Promise<() => void> {
    this.#placesWanted += 1;
    try {
      if (this.#places.isLocked()) this.#makeRoom();
      const [, release] = await this.#places.acquire();
      return release;
    } catch (error) {
      if (error === E_CANCELED) throw ending();
      throw error === E_TIMEOUT ? allInUse(this.#options.countMax) : error;
    } finally {
      this.#placesWanted -= 1;
    }
  }

  /** One namespace for each place that is wanted and not being made already. */
  #makeRoom(): void {
    const entries = [...this.#entries.values()];
    let wanted = this.#placesWanted - entries.filter((entry) => entry.closing !== null).length;
    for (const entry of entries) {
      if (wanted <= 0) return;
      if (!isIdle(entry)) continue;
      void this.#close(entry, 'evicted');
      wanted -= 1;
    }
  }

  #use(entry: Entry<Opened>): void {
    entry.users += 1;
    entry.idle?.cancel();
    this.#entries.delete(entry.name);
    this.#entries.set(entry.name, entry);
  }

  #leave(entry: Entry<Opened>): void {
    entry.users -= 1;
    if (entry.users > 0 || entry.opening === null) return;
    entry.onUnused();
    if (this.#placesWanted > 0) this.#makeRoom();
    this.#closeWhenIdle(entry);
  }

  #closeWhenIdle(entry: Entry<Opened>): void {
    if (entry.opening === null) return;
    entry.idle = this.#options.clock.setTimer(() => {
      if (isIdle(entry)) void this.#close(entry, 'idle');
      else if (entry.users === 0) this.#closeWhenIdle(entry);
    }, this.#options.idleMs);
  }

  /** No new user can come: those that are there leave, then it is closed. */
  async #shut(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    await entry.opening?.catch(() => undefined);
    if (entry.opened !== null) {
      entry.opened.endStreams();
      await this.#untilUnused(entry);
    }
    // Whoever left last may have had it closed, for its place.
    if (entry.opened !== null) void this.#close(entry, 'deleted');
    await entry.closing;
  }

  /** @throws CONFLICT */
  async #untilUnused(entry: Entry<Opened>): Promise<void> {
    if (entry.users === 0) return;
    const isOverdue = await new Promise<boolean>((resolve) => {
      const overdue = this.#options.clock.setTimer(() => resolve(true), this.#options.waitMs);
      entry.onUnused = () => {
        overdue.cancel();
        resolve(false);
      };
    });
    entry.onUnused = () => undefined;
    if (!isOverdue) return;
    throw new ChlError('CONFLICT', `Requests in the namespace ${entry.name} are still running.`, {
      hint: 'Try again when they have been answered; its streams were ended.',
    });
  }

  #close(entry: Entry<Opened>, reason: CloseReason): Promise<void> {
    const { opened } = entry;
    entry.idle?.cancel();
    entry.opening = null;
    entry.opened = null;
    this.#closed[reason] += 1;
    entry.closing = (async () => {
      if (opened !== null) await this.#closeOpened(entry.name, opened);
      this.#entries.delete(entry.name);
      entry.release();
    })();
    return entry.closing;
  }

  /** Whatever could not be closed in order: what was acknowledged is in the database. */
  async #closeOpened(name: string, opened: Opened): Promise<void> {
    try {
      await opened.close();
    } catch (err) {
      this.#options.logger.error({ namespace: name, err }, 'A namespace could not be closed in order.');
    }
  }
}

const isIdle = ({ users, opened }: Entry<OpenNamespace>): boolean =>
  users === 0 && opened !== null && !opened.isAtWork;

const emptyEntry = <Opened>(name: string): Entry<Opened> => ({
  name,
  users: 0,
  opening: null,
  opened: null,
  closing: null,
  idle: null,
  release: () => undefined,
  onUnused: () => undefined,
});

const ending = (): ChlError =>
  new ChlError('UNAVAILABLE', 'The service is stopping.', { retryAfterSeconds: RETRY_AFTER_SECONDS });

const allInUse = (countMax: number): ChlError =>
  new ChlError('OVERLOADED', `All ${countMax} namespaces that may be open at once are in use.`, {
    hint: 'Wait as long as Retry-After says; the operator sets CHL_NAMESPACES_MAX_OPEN.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
