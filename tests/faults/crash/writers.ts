import type { Random } from '../../support/random-vectors.ts';
import { Client } from '../../http/support/client.ts';
import { textOf, titleOf, type LedgerEntry, type Pending } from './ledger.ts';

const LIVE_MIN = 4;
const LIVE_MAX = 12;

interface Answer {
  readonly entry_id: string;
}

/** Clients of the service and what they know of it. Each entry has one writer; a writer awaits each answer. */
export class Writers {
  readonly entries: LedgerEntry[] = [];
  /** What the service answered and should not have. */
  readonly complaints: string[] = [];
  acknowledged = 0;
  readonly #random: Random;
  readonly #owned: LedgerEntry[][];

  constructor(count: number, random: Random) {
    this.#random = random;
    this.#owned = Array.from({ length: count }, () => []);
  }

  get live(): readonly LedgerEntry[] {
    return this.entries.filter((entry) => entry.revision > 0);
  }

  /** Writes until `signal`, or until the service is gone. */
  async run(url: string, signal: AbortSignal): Promise<void> {
    await Promise.all(this.#owned.map((_, writer) => this.#write(url, writer, signal)));
  }

  /**
   * Repeats what was under way when the service died, with its key: it must take effect once, whether
   * or not it had.
   * @returns the entries whose request was not answered again
   */
  async repeatPending(url: string): Promise<readonly string[]> {
    const pending = this.entries.filter((entry) => entry.pending !== null);
    const done = await Promise.all(pending.map((entry) => this.#attempt(url, entry)));
    return pending.filter((_, place) => !done[place]).map(({ name }) => name);
  }

  async #write(url: string, writer: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const entry = this.#nextOperation(writer);
      if (!(await this.#attempt(url, entry))) return;
    }
  }

  /** Chooses an entry and what to do with it; that is then pending. */
  #nextOperation(writer: number): LedgerEntry {
    const owned = this.#owned[writer]!;
    const live = owned.filter((entry) => entry.revision > 0);
    const dice = this.#random();
    const idempotencyKey = crypto.randomUUID();
    if (live.length < LIVE_MIN || (dice < 0.3 && live.length < LIVE_MAX)) {
      const name = `w${writer}e${owned.length}`;
      const entry: LedgerEntry = {
        name,
        id: null,
        revision: 0,
        pending: { kind: 'create', revision: 1, idempotencyKey },
      };
      owned.push(entry);
      this.entries.push(entry);
      return entry;
    }
    const entry = live[Math.floor(this.#random() * live.length)]!;
    entry.pending =
      dice < 0.6
        ? { kind: 'delete', revision: 0, idempotencyKey }
        : { kind: 'update', revision: entry.revision + 1, idempotencyKey };
    return entry;
  }

  /** @returns whether it was acknowledged; otherwise it stays pending */
  async #attempt(url: string, entry: LedgerEntry): Promise<boolean> {
    const pending = entry.pending!;
    let status: number;
    let text: string;
    try {
      const { path, body } = requestFor(entry, pending);
      const response = await new Client(url).post(path, body, { 'Idempotency-Key': pending.idempotencyKey });
      status = response.status;
      text = await response.text();
    } catch {
      // No answer: the service was killed.
      return false;
    }
    if (status !== 200) {
      // A 5xx leaves open what happened, as the contract says; anything else is a mistake of somebody's.
      if (status < 500) this.complaints.push(`${entry.name}: ${pending.kind} was answered ${status} ${text}`);
      return false;
    }
    entry.id = (JSON.parse(text) as Answer).entry_id;
    entry.revision = pending.revision;
    entry.pending = null;
    this.acknowledged += 1;
    return true;
  }
}

function requestFor(
  entry: LedgerEntry,
  { kind, revision }: Pending,
): { readonly path: string; readonly body: unknown } {
  const common = { entity_type: 'experience', category_code: 'TST' };
  const content = { title: titleOf(entry.name, revision), playbook: textOf(entry.name, revision) };
  switch (kind) {
    case 'create':
      return {
        path: '/api/v1/entries/write',
        body: { ...common, ref: entry.name, duplicates: 'skip', data: { section: 'useful', ...content } },
      };
    case 'update':
      return { path: '/api/v1/entries/update', body: { ...common, entry_id: entry.id, updates: content } };
    case 'delete':
      return { path: '/api/v1/entries/delete', body: { entity_type: 'experience', entry_id: entry.id } };
    default:
      return kind satisfies never;
  }
}
