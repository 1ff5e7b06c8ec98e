/** Branded numbers: the compiler keeps a change number from being used as a row number. */

declare const brand: unique symbol;
type Branded<Name extends string> = number & { readonly [brand]: Name };

/** Position in the `changes` feed. Dense where it commits, never reused, orders everything. */
export type Seq = Branded<'Seq'>;

/**
 * Names one vector for ever: the `seq` of the change that made it. An update makes a new one, so an
 * old sealed segment can never answer for a new text.
 */
export type VectorId = Branded<'VectorId'>;

/** `entries.entry_key`, INTEGER PRIMARY KEY AUTOINCREMENT: the numeric identity of an entry. */
export type EntryKey = Branded<'EntryKey'>;

/** Slot of a live document in the index process's document table. Dense; renumbered by compaction. */
export type DocNo = Branded<'DocNo'>;

export const asSeq = (value: number): Seq => value as Seq;
export const asVectorId = (value: number): VectorId => value as VectorId;
export const asEntryKey = (value: number): EntryKey => value as EntryKey;
export const asDocNo = (value: number): DocNo => value as DocNo;
