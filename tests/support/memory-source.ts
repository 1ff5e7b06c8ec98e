import { ChlError } from '../../src/core/errors.ts';
import { asEntryKey, asSeq, asVectorId, type EntryKey, type Seq, type VectorId } from '../../src/core/ids.ts';
import type {
  ChangeBatch,
  ChangeMark,
  DatabaseIdentity,
  IndexChange,
  IndexDocument,
  IndexSource,
  VectorPage,
} from '../../src/core/ports/index-source.ts';
import type { Gate } from './gate.ts';

/** What a test says about an entry; the source adds key, seq and vector id. */
export type DocumentInput = Partial<Omit<IndexDocument, 'key' | 'seq' | 'vectorId'>> & {
  /** Null: not embedded yet. */
  readonly vector: Float32Array | null;
};

interface StoredChange {
  readonly mark: ChangeMark;
  readonly key: EntryKey;
}

/**
 * The database as the engine sees it, in memory: entries, vectors by id, and the feed. Writes answer
 * the batch that the committer would hand to the index; a test that drops it models a crash between
 * commit and apply.
 */
export class MemorySource implements IndexSource {
  readonly dimension: number;
  readonly documents = new Map<EntryKey, IndexDocument>();
  readonly vectorsById = new Map<VectorId, Float32Array>();
  #changes: StoredChange[] = [];
  #lastSeq = 0;
  #lastKey = 0;
  #forgottenTo = 0;
  #identity: DatabaseIdentity = { databaseUuid: 'memory', epoch: 1 };
  /** Set: every read fails with it, as when the database is away. */
  failure: ChlError | null = null;
  /** Set: texts that were read are handed over when it opens, however old they are by then. */
  textsHeld: Gate | null = null;

  constructor(dimension: number) {
    this.dimension = dimension;
  }

  create(input: DocumentInput): ChangeBatch {
    this.#lastKey += 1;
    return this.#write(asEntryKey(this.#lastKey), input);
  }

  update(key: EntryKey, input: DocumentInput): ChangeBatch {
    return this.#write(key, input);
  }

  delete(key: EntryKey): ChangeBatch {
    return this.#commit(key, () => this.#forget(key));
  }

  /** Another life of the database: the same numbers may mean something else. */
  restoreEpoch(): void {
    this.#identity = { ...this.#identity, epoch: this.#identity.epoch + 1 };
  }

  /** Retention: changes up to here are gone from the feed. */
  forgetChangesTo(seq: Seq): void {
    this.#forgottenTo = seq;
    this.#changes = this.#changes.filter(({ mark }) => mark.seq > seq);
  }

  async identity(): Promise<DatabaseIdentity> {
    this.#assertThere();
    return this.#identity;
  }

  async horizon(): Promise<ChangeMark> {
    this.#assertThere();
    return markOf(this.#lastSeq);
  }

  async nonceOf(seq: Seq): Promise<string | null> {
    this.#assertThere();
    return seq > this.#forgottenTo && seq <= this.#lastSeq ? markOf(seq).nonce : null;
  }

  async scanDocuments(
    after: EntryKey,
    limit: number,
    { text }: { readonly text: boolean },
  ): Promise<readonly IndexDocument[]> {
    this.#assertThere();
    const documents = [...this.documents.values()].filter(({ key }) => key > after);
    const page = documents.toSorted((one, other) => one.key - other.key).slice(0, limit);
    if (!text) return page.map((document) => ({ ...document, text: null }));
    await this.textsHeld?.opened;
    this.#assertThere();
    return page;
  }

  async changesAfter(after: Seq, limit: number): Promise<ChangeBatch> {
    this.#assertThere();
    if (after < this.#forgottenTo) throw new ChlError('GONE', 'Those changes are no longer kept.');
    const stored = this.#changes.filter(({ mark }) => mark.seq > after).slice(0, limit);
    return {
      afterSeq: after,
      last: stored.at(-1)?.mark ?? markOf(after),
      changes: stored.map(({ mark, key }) => this.#changeAsOfNow(mark.seq, key)),
    };
  }

  async vectors(ids: readonly VectorId[]): Promise<VectorPage> {
    this.#assertThere();
    const found = ids.filter((id) => this.vectorsById.has(id)).toSorted((one, other) => one - other);
    const vectors = new Float32Array(found.length * this.dimension);
    found.forEach((id, row) => vectors.set(this.vectorsById.get(id)!, row * this.dimension));
    return { ids: Float64Array.from(found), vectors };
  }

  async close(): Promise<void> {
    // Nothing is held.
  }

  #write(key: EntryKey, { vector, ...input }: DocumentInput): ChangeBatch {
    return this.#commit(key, (seq) => {
      const before = this.documents.get(key);
      this.#forget(key);
      const vectorId = vector === null ? null : asVectorId(seq);
      if (vectorId !== null) this.vectorsById.set(vectorId, vector!);
      this.documents.set(key, {
        ...DEFAULTS,
        createdAtMs: before?.createdAtMs ?? seq,
        updatedAtMs: seq,
        ...input,
        key,
        seq,
        vectorId,
      });
    });
  }

  #commit(key: EntryKey, change: (seq: Seq) => void): ChangeBatch {
    const afterSeq = asSeq(this.#lastSeq);
    this.#lastSeq += 1;
    const last = markOf(this.#lastSeq);
    change(last.seq);
    this.#changes.push({ mark: last, key });
    return { afterSeq, last, changes: [this.#changeAsOfNow(last.seq, key)] };
  }

  #forget(key: EntryKey): void {
    const vectorId = this.documents.get(key)?.vectorId ?? null;
    if (vectorId !== null) this.vectorsById.delete(vectorId);
    this.documents.delete(key);
  }

  #changeAsOfNow(seq: Seq, key: EntryKey): IndexChange {
    const document = this.documents.get(key) ?? null;
    const vectorId = document?.vectorId ?? null;
    return { seq, key, document, vector: vectorId === null ? null : this.vectorsById.get(vectorId)! };
  }

  #assertThere(): void {
    if (this.failure !== null) throw this.failure;
  }
}

const DEFAULTS = {
  type: 'experience',
  category: 'TST',
  section: 'useful',
  author: 'tester',
  tags: [],
  text: { heading: 'heading', body: 'body' },
} as const;

const markOf = (seq: number): ChangeMark => ({ seq: asSeq(seq), nonce: seq === 0 ? '' : `nonce-${seq}` });

/** One batch of several consecutive ones, as a group commit makes it. */
export function joined(batches: readonly ChangeBatch[]): ChangeBatch {
  return {
    afterSeq: batches[0]!.afterSeq,
    last: batches.at(-1)!.last,
    changes: batches.flatMap(({ changes }) => changes),
  };
}
