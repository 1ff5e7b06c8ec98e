/**
 * The port to the folder in which one collection keeps its snapshots. Primitive on purpose: the
 * order of write, sync, rename and folder sync is the engine's (`snapshot/`), so that a faulty
 * implementation in a test can drop or tear whatever was not synced.
 *
 * Names are plain file names without a separator. A missing file is `null` or a no-op, never an
 * error; every other failure is a ChlError (STORAGE_FULL, UNAVAILABLE or CORRUPT).
 */
export interface Files {
  list(): Promise<readonly string[]>;
  sizeBytes(name: string): Promise<number | null>;
  read(name: string): Promise<Uint8Array | null>;
  /** Creates or replaces. Not durable before `sync(name)` and `syncFolder()`. */
  write(name: string, parts: readonly Uint8Array[]): Promise<void>;
  sync(name: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Makes creations, renames and removals durable. */
  syncFolder(): Promise<void>;
  openAppend(name: string): Promise<AppendFile>;
}

export interface AppendFile {
  readonly sizeBytes: number;
  append(bytes: Uint8Array): Promise<void>;
  /** fdatasync: what was appended survives power loss. */
  sync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}
