import { asVectorId, type EntryKey, type VectorId } from '../ids.ts';
import type { ChangeMark, IndexChange, IndexDocument } from '../ports/index-source.ts';
import type { ScanKernels } from '../ports/scan-kernel.ts';
import type { TextIndex } from '../ports/text-index.ts';
import type { DocumentTable } from './document-table.ts';
import { GrowingSegment } from './growing-segment.ts';
import { IndexCompaction } from './index-compaction.ts';
import { SealedSegment, type SealedSegmentParts } from './sealed-segment.ts';
import type { Segment } from './segment.ts';
import { View, type ViewParts } from './view.ts';

export interface IndexStateOptions {
  readonly dimension: number;
  readonly growingMaxRows: number;
  readonly kernels: ScanKernels;
  readonly table: DocumentTable;
  readonly text: TextIndex;
  /** The log that rows are written to now; a growing segment remembers it as its first. */
  readonly currentLog: () => number;
}

/** What one change did to the vectors: what the growing log has to know. */
export interface VectorEffects {
  readonly added: { readonly id: VectorId; readonly vector: Float32Array } | null;
  readonly removed: VectorId | null;
}

const NOTHING: VectorEffects = { added: null, removed: null };

/**
 * All that an open collection holds in memory. Every method is one synchronous step that leaves it
 * consistent, so between any two of them a search may run.
 */
export class IndexState {
  readonly dimension: number;
  readonly table: DocumentTable;
  readonly text: TextIndex;
  /** Everything up to this change is in. */
  applied: ChangeMark;
  readonly #options: IndexStateOptions;
  #lastSegmentId = 0;
  #view: View;

  constructor(options: IndexStateOptions, applied: ChangeMark) {
    this.#options = options;
    this.dimension = options.dimension;
    this.table = options.table;
    this.text = options.text;
    this.applied = applied;
    this.#view = new View({ sealed: [], frozen: [], growing: this.#newGrowing() });
  }

  get view(): View {
    return this.#view;
  }

  /** Dead rows, in growing segments too. */
  get tombstones(): number {
    return this.#view.segments.reduce((sum, segment) => sum + this.tombstonesOf(segment), 0);
  }

  /** tombstones / rows, 0–1. */
  get tombstoneRatio(): number {
    return this.#view.rows === 0 ? 0 : this.tombstones / this.#view.rows;
  }

  get memoryBytes(): number {
    const segmentBytes = this.#view.segments.reduce((sum, segment) => sum + segment.memoryBytes, 0);
    return segmentBytes + this.table.memoryBytes + this.text.memoryBytes;
  }

  tombstonesOf(segment: Segment): number {
    return segment.rows - this.table.liveRowsOf(segment.id);
  }

  /** Rows of the segment that are not where their vectors live, ascending. */
  deadRowsOf(segment: Segment): readonly number[] {
    if (this.tombstonesOf(segment) === 0) return [];
    const rows = Array.from({ length: segment.rows }, (_, row) => row);
    return rows.filter((row) => !this.isLive(segment, row));
  }

  liveRowsOf(segment: Segment): Uint32Array {
    const rows = Uint32Array.from({ length: segment.rows }, (_, row) => row);
    return rows.filter((row) => this.isLive(segment, row));
  }

  isLive(segment: Segment, row: number): boolean {
    return this.table.isLive(segment.id, row);
  }

  /** Idempotent and monotone: what is not newer than the document held changes nothing. */
  apply(change: IndexChange): VectorEffects {
    const { document } = change;
    if (document === null) return { added: null, removed: this.#remove(change.key) };
    const held = this.table.find(change.key);
    if (held !== undefined && this.table.seqOf(held) >= document.seq) return NOTHING;
    const seat = this.#seatOf(document);
    const removed = this.#remove(change.key);
    this.addDocument(document);
    if (seat !== null) {
      // Only attributes changed; the vector stays where it is.
      this.table.place(this.table.find(change.key)!, seat.segmentId, seat.row);
      return NOTHING;
    }
    if (document.vectorId === null || change.vector === null) return { added: null, removed };
    this.addVector(document.vectorId, change.vector);
    return { added: { id: document.vectorId, vector: change.vector }, removed };
  }

  /** Makes the document live; its vector is found by `addVector`, `addSegment`, or not yet. */
  addDocument(document: IndexDocument): void {
    const doc = this.table.add(document);
    if (document.text !== null) this.text.add(doc, document.text);
  }

  /** Appends a live document's vector to the growing segment, which is frozen when it is full. */
  addVector(id: VectorId, vector: Float32Array): void {
    const doc = this.table.findVector(id);
    if (doc === undefined || this.table.segmentIdOf(doc) !== 0) return;
    if (this.#view.growing.isFull) this.freeze();
    const { growing } = this.#view;
    this.table.place(doc, growing.id, growing.append(id, vector));
  }

  /** Nothing more goes into the growing segment; a new one takes over. */
  freeze(): void {
    const { growing } = this.#view;
    if (growing.rows === 0) return;
    this.#publish({ frozen: [...this.#view.frozen, growing], growing: this.#newGrowing() });
  }

  /**
   * Adds a sealed segment beside the others. Rows take effect as they are handed over: a row counts
   * only where the table says the vector lies, so both the old and the new place may be in the view.
   */
  addSegment(parts: SealedSegmentParts): SealedSegment {
    const segment = new SealedSegment(this.#nextSegmentId(), parts);
    this.#publish({ sealed: [...this.#view.sealed, segment] });
    return segment;
  }

  /** Rows `from` (inclusive) to `to` take over from wherever their vectors lay; dead ones stay dead. */
  handOver(segment: SealedSegment, from: number, to: number): void {
    for (let row = from; row < to; row += 1) {
      const doc = this.table.findVector(asVectorId(segment.ids[row]!));
      if (doc !== undefined) this.table.place(doc, segment.id, row);
    }
  }

  /** Takes segments out of the view. @returns how many live vectors were left in them, and are now nowhere */
  dropSegments(dropped: ReadonlySet<Segment>): number {
    const stays = (segment: Segment): boolean => !dropped.has(segment);
    const lost = [...dropped].reduce((sum, segment) => sum + this.table.displaceAll(segment.id), 0);
    this.#publish({ sealed: this.#view.sealed.filter(stays), frozen: this.#view.frozen.filter(stays) });
    return lost;
  }

  /** To give back the slots of dead documents, in steps. */
  compaction(): IndexCompaction {
    return new IndexCompaction(this.table, this.text);
  }

  /** Lets go of the segments; the state answers nothing afterwards. */
  close(): void {
    this.#view.release();
  }

  /** @returns the vector that died with it */
  #remove(key: EntryKey): VectorId | null {
    const doc = this.table.find(key);
    if (doc === undefined) return null;
    const id = this.table.vectorIdOf(doc);
    this.table.remove(doc);
    this.text.remove(doc);
    return id === 0 ? null : id;
  }

  /** Where the document's vector lies already, when its earlier version had the same one. */
  #seatOf(document: IndexDocument): { readonly segmentId: number; readonly row: number } | null {
    const doc = document.vectorId === null ? undefined : this.table.findVector(document.vectorId);
    if (doc === undefined || this.table.segmentIdOf(doc) === 0) return null;
    return { segmentId: this.table.segmentIdOf(doc), row: this.table.rowOf(doc) };
  }

  #nextSegmentId(): number {
    this.#lastSegmentId += 1;
    return this.#lastSegmentId;
  }

  #newGrowing(): GrowingSegment {
    const { growingMaxRows, dimension, kernels, currentLog } = this.#options;
    return new GrowingSegment({
      id: this.#nextSegmentId(),
      maxRows: growingMaxRows,
      dimension,
      kernels,
      firstLog: currentLog(),
    });
  }

  /** One pointer assignment; the old view's segments live on while someone pins it. */
  #publish(changed: Partial<ViewParts>): void {
    const { sealed, frozen, growing } = this.#view;
    const before = this.#view;
    this.#view = new View({ sealed, frozen, growing, ...changed });
    before.release();
  }
}
