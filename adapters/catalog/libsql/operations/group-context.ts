import type { Entry, EntryText } from '../../../../src/core/entry.ts';
import { asEntryKey, asSeq, type EntryKey, type Seq } from '../../../../src/core/ids.ts';
import type {
  ChangeRecord,
  LeaseName,
  WriteOperation,
  WriteOutcome,
} from '../../../../src/core/ports/catalog.ts';
import type { ChangeMark } from '../../../../src/core/ports/index-source.ts';
import { flushTextIndex, indexText, unindexText } from '../../../text/fts5/table.ts';
import type { SqlSession } from '../sql-session.ts';
import { selectCategory } from '../tables/categories.ts';
import { insertChange, readGroupStart, type GroupStart } from '../tables/changes.ts';
import { readLeaseToken } from '../tables/leases.ts';
import { bindFingerprint } from '../tables/meta.ts';

export type OperationOf<Kind extends WriteOperation['kind']> = Extract<
  WriteOperation,
  { readonly kind: Kind }
>;

/** What an operation itself has to say; the group adds replay and extras. */
export type OperationResult = Omit<
  Extract<WriteOutcome, { readonly ok: true }>,
  'ok' | 'replayed' | 'extras'
>;

/** A point to go back to when an operation is refused. */
export interface GroupMark extends GroupStart {
  readonly textChanges: number;
}

/** What the full-text index has to learn. */
interface TextChange {
  readonly change: typeof indexText;
  readonly key: EntryKey;
  readonly text: EntryText;
}

/**
 * The transaction of one group. It hands out change numbers ahead of the rows that carry them: an
 * entry names its change and a vector is named by one, and both are written before the change is. Keys
 * of entries likewise, so that no statement waits for what another one answers. Only the holder of the
 * write lock has a context, so nobody else takes the numbers meanwhile.
 */
export class GroupContext {
  readonly session: SqlSession;
  #last: ChangeMark;
  #lastKey: EntryKey;
  #textChanges: TextChange[] = [];
  /** Looked up once per group, and again after a rollback, which may have taken them back. */
  #categories = new Set<string>();
  #fingerprint: string | null = null;
  readonly #leaseTokens = new Map<LeaseName, number | null>();

  private constructor(session: SqlSession, { last, lastKey }: GroupStart) {
    this.session = session;
    this.#last = last;
    this.#lastKey = lastKey;
  }

  static async begin(session: SqlSession): Promise<GroupContext> {
    return new GroupContext(session, await readGroupStart(session));
  }

  get last(): ChangeMark {
    return this.#last;
  }

  /** Where the next group would begin. */
  get mark(): GroupMark {
    return { last: this.#last, lastKey: this.#lastKey, textChanges: this.#textChanges.length };
  }

  /** For a new entry; greater than any key there has been. */
  takeKey(): EntryKey {
    this.#lastKey = asEntryKey(this.#lastKey + 1);
    return this.#lastKey;
  }

  get nextSeq(): Seq {
    return asSeq(this.#last.seq + 1);
  }

  /** Writes the change of number `nextSeq`, whose entry is as given (of a delete: as it was). */
  async recordChange(op: ChangeRecord['op'], entry: Entry, version: number, atMs: number): Promise<Seq> {
    this.#last = await insertChange(this.session, {
      seq: this.nextSeq,
      op,
      entryId: entry.id,
      key: entry.key,
      type: entry.type,
      categoryCode: entry.categoryCode,
      version,
      vectorId: op === 'delete' ? null : entry.vectorId,
      atMs,
    });
    return this.#last.seq;
  }

  /** The entry's words are found once the group has finished, and not before it is committed. */
  indexText(key: EntryKey, text: EntryText): void {
    this.#textChanges.push({ change: indexText, key, text });
  }

  /** @param text exactly what was indexed */
  unindexText(key: EntryKey, text: EntryText): void {
    this.#textChanges.push({ change: unindexText, key, text });
  }

  /**
   * Writes what the full-text index has to learn, in order. Last of all, because FTS5 writes out what it
   * has gathered at every savepoint: a segment for each entry of a group instead of one for all of them,
   * which then have to be merged.
   */
  async finish(): Promise<void> {
    if (this.#textChanges.length === 0) return;
    for (const { change, key, text } of this.#textChanges) await change(this.session, key, text);
    this.#textChanges = [];
    await flushTextIndex(this.session);
  }

  /** After many changes were written at once, and the embedder perhaps changed. */
  moveTo(last: ChangeMark): void {
    this.#last = last;
    this.#fingerprint = null;
  }

  /**
   * After a savepoint was rolled back: its numbers are free again, so the feed stays dense.
   * @param mark as it was when the savepoint was set
   */
  rewind({ last, lastKey, textChanges }: GroupMark): void {
    this.#last = last;
    this.#lastKey = lastKey;
    this.#textChanges.length = textChanges;
    this.#categories.clear();
    this.#fingerprint = null;
    this.#leaseTokens.clear();
  }

  async hasCategory(code: string): Promise<boolean> {
    if (this.#categories.has(code)) return true;
    if ((await selectCategory(this.session, code)) === null) return false;
    this.#categories.add(code);
    return true;
  }

  async bindFingerprint(fingerprint: string): Promise<string> {
    this.#fingerprint ??= await bindFingerprint(this.session, fingerprint);
    return this.#fingerprint;
  }

  /** Of the newest term; null when nobody has ever had the lease. Nobody else can take it meanwhile. */
  async leaseToken(name: LeaseName): Promise<number | null> {
    const known = this.#leaseTokens.get(name);
    if (known !== undefined) return known;
    const token = await readLeaseToken(this.session, name);
    this.#leaseTokens.set(name, token);
    return token;
  }

  /** After a lease of this group's changed hands. */
  forgetLease(name: LeaseName): void {
    this.#leaseTokens.delete(name);
  }
}
