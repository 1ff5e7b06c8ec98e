/**
 * Places at which a crash is most likely to find a mistake. A test names one in `CHL_FAILPOINTS`; the
 * composition root arms it, and the process stops there for good, so that it can be killed exactly
 * there. Unarmed, reaching one costs a comparison with null.
 */
export const FAILPOINTS = [
  /** The group is written in its transaction; nothing is durable. */
  'commit.before-commit',
  /** Durable in the database; neither the index nor the client has heard of it. */
  'commit.before-apply',
  /** The embedder has answered the queue; its vectors are on their way to the committer. */
  'queue.before-commit',
  /** The next embedder has answered; nothing of it is stored. */
  'reembed.before-stage',
  /** Every vector of the next embedder is stored; the database belongs to the former one. */
  'reembed.before-switch',
  /** The database belongs to the next embedder and its index is open; the former one answers. */
  'reembed.before-swap',
  /** Searched, but not in the growing log. */
  'log.before-append',
  /** In the growing log's file, not synced. */
  'log.before-sync',
  /** The next growing log exists under its name, its folder entry not synced. */
  'log.before-folder-sync',
  /** A temporary file is written, not synced. */
  'file.before-sync',
  /** A temporary file is whole, not renamed. */
  'file.before-rename',
  /** The manifest is the backup now; there is no other. */
  'manifest.between-renames',
  'manifest.before-folder-sync',
  'segment.before-folder-sync',
  /** The new manifest counts; what it replaced is still there. */
  'garbage.before-removal',
  /** A seal, merge or rebuild has its new segment on disk; searches still use the old ones. */
  'segment.before-take-over',
  /** Searches use the new segment; the manifest names the old ones. */
  'segment.before-save',
  /** Documents are read, files are not. */
  'recovery.before-snapshot',
  'recovery.before-catch-up',
  /** A migration is done in its transaction. */
  'migration.before-commit',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

type OnReached = (name: Failpoint) => void;

let onReached: OnReached | null = null;

/** Told of every failpoint that this process or thread reaches from now on. */
export function armFailpoints(listener: OnReached): void {
  onReached = listener;
}

export function failpoint(name: Failpoint): void {
  onReached?.(name);
}
