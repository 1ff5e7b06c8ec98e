import { asEntryKey } from '../ids.ts';
import type { IndexDocument, IndexSource } from '../ports/index-source.ts';
import type { Clock } from '../ports/runtime.ts';
import type { IndexState } from './index-state.ts';
import { scanDocuments } from './scan-documents.ts';
import { TimeSlice } from './scheduler.ts';

/** Documents read at once: with their texts about 1 MB. */
const PAGE_DOCUMENTS = 500;

export interface WordFillingOptions {
  readonly state: IndexState;
  readonly source: IndexSource;
  readonly clock: Clock;
  /** Aborted when the collection closes. */
  readonly signal: AbortSignal;
}

/**
 * Indexes the words of the documents that a recovery has read without their texts. Words are most of the
 * work of a start, and vectors need none of them, so vectors answer while this goes on. What is written
 * meanwhile brings its text with it, in a slot of its own.
 */
export class WordFilling {
  readonly #options: WordFillingOptions;
  /** Slots below this one wait for their words; null while they are being read. */
  #slots: number | null = null;
  /** Everything up to this key has its words. */
  #filledTo = asEntryKey(0);
  #isDone = false;
  #isStopped = false;

  constructor(options: WordFillingOptions) {
    this.#options = options;
  }

  /** The table holds all the documents that were read without words; those to come bring theirs. */
  documentsAreRead(): void {
    this.#slots = this.#options.state.table.slotCount;
    this.#isDone = this.#slots === 0;
  }

  /** Until then a search by text would miss some, so there is none. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The state is given up: nothing more goes into it. */
  stop(): void {
    this.#isStopped = true;
  }

  /** @throws what the database throws; called again, it goes on where it was */
  async run(): Promise<void> {
    if (this.#isDone) return;
    const { source, clock } = this.#options;
    const scan = { after: this.#filledTo, pageDocuments: PAGE_DOCUMENTS, text: true };
    const slice = new TimeSlice(clock);
    for await (const page of scanDocuments(source, scan)) {
      for (const document of page) {
        if (this.#isGivenUp) return;
        this.#add(document);
        this.#filledTo = document.key;
        await slice.giveWay();
      }
    }
    this.#isDone = true;
  }

  get #isGivenUp(): boolean {
    return this.#isStopped || this.#options.signal.aborted;
  }

  /** A version that is newer than the table's is still on its way here as a change; an older one is gone. */
  #add({ key, seq, text }: IndexDocument): void {
    const { table, text: index } = this.#options.state;
    const doc = table.find(key);
    if (doc === undefined || doc >= this.#slots! || text === null) return;
    if (table.seqOf(doc) === seq) index.add(doc, text);
  }
}
