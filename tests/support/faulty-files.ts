import { checkFileName } from '../../adapters/files/file-name.ts';
import { MemoryFile } from '../../adapters/files/memory/memory-file.ts';
import { MemoryFiles } from '../../adapters/files/memory/memory-files.ts';
import { ChlError } from '../../src/core/errors.ts';
import type { AppendFile, Files } from '../../src/core/ports/files.ts';

/** What happens at the nth operation that changes something; the first one is 1. */
export interface Fault {
  readonly atOperation: number;
  /** `crash`: the power goes, and every later call fails. `full`, `broken`: this one operation fails. */
  readonly kind: 'crash' | 'full' | 'broken';
}

/** One way in which the disk may look when the power is back. */
export interface SurvivingState {
  /** For the message of a failed assertion. */
  readonly description: string;
  readonly files: MemoryFiles;
}

type NameChange = (names: Map<string, FaultyFile>) => void;

/**
 * A disk that keeps its promises and nothing more. Bytes are durable after `sync` of their file,
 * names after `syncFolder`; until then a crash may lose them, keep them, or keep a part of them.
 * Deterministic: no clock and no randomness, so a test can crash at every operation in turn:
 *
 *     for (let n = 1; ; n += 1) {
 *       const disk = new FaultyFiles({ atOperation: n, kind: 'crash' });
 *       await scenario(disk).catch(() => undefined);
 *       if (!disk.crashed) break;
 *       for (const { description, files } of disk.survivingStates()) await recoverAndCheck(files, description);
 *     }
 */
export class FaultyFiles implements Files {
  readonly #fault: Fault | null;
  readonly #names = new Map<string, FaultyFile>();
  readonly #durableNames = new Map<string, FaultyFile>();
  /** In order; a file system's journal keeps a prefix of them. */
  #unsyncedChanges: { readonly description: string; readonly apply: NameChange }[] = [];
  #operations = 0;
  #crashed = false;

  constructor(fault: Fault | null = null) {
    this.#fault = fault;
  }

  /** How many operations that change something were begun. */
  get operations(): number {
    return this.#operations;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  /** Pulls the plug now. */
  crash(): void {
    this.#crashed = true;
  }

  /**
   * Every prefix of the unsynced name changes, with each fate of the unsynced bytes.
   * @param tornAfterBytes how many unsynced bytes of each file survive in the torn variants
   */
  *survivingStates(tornAfterBytes: readonly number[] = [1, 10, 100]): Generator<SurvivingState> {
    const fates: readonly (readonly [string, (file: FaultyFile) => Uint8Array])[] = [
      ['unsynced bytes lost', (file) => file.durable],
      ['unsynced bytes kept', (file) => file.content.toBytes()],
      ['unsynced bytes zero', (file) => file.zeroed()],
      ...tornAfterBytes.map(
        (count) => [`torn after ${count} unsynced bytes`, (file: FaultyFile) => file.torn(count)] as const,
      ),
    ];
    const names = new Map(this.#durableNames);
    for (let kept = 0; kept <= this.#unsyncedChanges.length; kept += 1) {
      if (kept > 0) this.#unsyncedChanges[kept - 1]!.apply(names);
      const changes = this.#unsyncedChanges.slice(0, kept).map((change) => change.description);
      for (const [fate, bytesOf] of fates) {
        const files = new MemoryFiles([...names].map(([name, file]) => [name, bytesOf(file)] as const));
        yield {
          description: `${fate}; names: synced${changes.map((change) => `, ${change}`).join('')}`,
          files,
        };
      }
    }
  }

  async list(): Promise<readonly string[]> {
    this.#assertPower();
    return [...this.#names.keys()];
  }

  async sizeBytes(name: string): Promise<number | null> {
    this.#assertPower();
    return this.#names.get(checkFileName(name))?.content.sizeBytes ?? null;
  }

  async read(name: string): Promise<Uint8Array | null> {
    this.#assertPower();
    return this.#names.get(checkFileName(name))?.content.toBytes() ?? null;
  }

  async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    const file = this.#opened(name);
    const fail = this.#begin();
    file.truncate(0);
    for (const part of parts) file.content.append(fail === null || this.#crashed ? part : half(part));
    fail?.();
  }

  async sync(name: string): Promise<void> {
    this.#syncFile(this.#names.get(checkFileName(name)));
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#names.get(checkFileName(from));
    checkFileName(to);
    const fail = this.#begin();
    if (file !== undefined && from !== to && (fail === null || this.#crashed)) {
      this.#change(`rename ${from} to ${to}`, (names) => {
        names.delete(from);
        names.set(to, file);
      });
    }
    fail?.();
  }

  async remove(name: string): Promise<void> {
    checkFileName(name);
    const fail = this.#begin();
    if (this.#names.has(name) && (fail === null || this.#crashed)) {
      this.#change(`remove ${name}`, (names) => names.delete(name));
    }
    fail?.();
  }

  async syncFolder(): Promise<void> {
    this.#begin()?.();
    for (const change of this.#unsyncedChanges.splice(0)) change.apply(this.#durableNames);
  }

  async openAppend(name: string): Promise<AppendFile> {
    const file = this.#opened(name);
    return {
      get sizeBytes() {
        return file.content.sizeBytes;
      },
      append: async (bytes) => {
        const fail = this.#begin();
        file.content.append(fail === null || this.#crashed ? bytes : half(bytes));
        fail?.();
      },
      sync: async () => this.#syncFile(file),
      truncate: async (sizeBytes) => {
        const fail = this.#begin();
        if (fail === null || this.#crashed) file.truncate(sizeBytes);
        fail?.();
      },
      close: async () => undefined,
    };
  }

  #syncFile(file: FaultyFile | undefined): void {
    const fail = this.#begin();
    if (fail !== null && !this.#crashed) file?.losePages();
    fail?.();
    file?.makeDurable();
  }

  #opened(name: string): FaultyFile {
    this.#assertPower();
    const existing = this.#names.get(checkFileName(name));
    if (existing !== undefined) return existing;
    const created = new FaultyFile();
    this.#change(`create ${name}`, (names) => names.set(name, created));
    return created;
  }

  #change(description: string, apply: NameChange): void {
    apply(this.#names);
    this.#unsyncedChanges.push({ description, apply });
  }

  /** Counts an operation. @returns what makes it fail after it has done its damage, or null */
  #begin(): (() => never) | null {
    this.#assertPower();
    this.#operations += 1;
    if (this.#fault?.atOperation !== this.#operations) return null;
    const { kind } = this.#fault;
    if (kind === 'crash') this.#crashed = true;
    return () => {
      if (kind === 'full')
        throw new ChlError('STORAGE_FULL', 'The disk is full.', { operation: 'faulty-files' });
      throw new ChlError('UNAVAILABLE', 'The disk failed.', { operation: 'faulty-files' });
    };
  }

  #assertPower(): void {
    if (this.#crashed) throw new ChlError('UNAVAILABLE', 'The power is gone.', { operation: 'faulty-files' });
  }
}

/** The content that programs see, beside the bytes that survive. */
class FaultyFile {
  readonly content = new MemoryFile();
  /** As of the last sync; a new file has a length of zero until then. */
  durable: Uint8Array = new Uint8Array(0);
  /**
   * The range that a failed sync left unwritten but marked clean: the next sync succeeds and yet
   * does not write it (Rebello et al., ATC 2020).
   */
  #lost = { from: 0, to: 0 };

  truncate(sizeBytes: number): void {
    this.content.truncate(sizeBytes);
    this.#lost.to = Math.min(this.#lost.to, sizeBytes);
  }

  losePages(): void {
    this.#lost = { from: this.#unsyncedFrom(), to: this.content.sizeBytes };
  }

  makeDurable(): void {
    this.durable = this.content.toBytes();
    if (this.#lost.to > this.#lost.from) this.durable.fill(0, this.#lost.from, this.#lost.to);
  }

  torn(unsyncedBytes: number): Uint8Array {
    return this.content.toBytes().subarray(0, this.#unsyncedFrom() + unsyncedBytes);
  }

  zeroed(): Uint8Array {
    return this.content.toBytes().fill(0, this.#unsyncedFrom());
  }

  /** Where the content begins to differ from what is durable: the end of it, for appended bytes. */
  #unsyncedFrom(): number {
    const bytes = this.content.toBytes();
    const differs = bytes.findIndex((byte, i) => byte !== this.durable[i]);
    return differs === -1 ? bytes.length : differs;
  }
}

const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);
