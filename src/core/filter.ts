import type { EntityType } from './entry.ts';

/** Which entries a search may return. Absent fields do not restrict. All given fields must hold. */
export interface EntryFilter {
  /** Any of these. */
  readonly types?: readonly EntityType[];
  readonly category?: string;
  readonly section?: string;
  readonly author?: string;
  /** All of these. */
  readonly tags?: readonly string[];
  /** Half-open bounds, milliseconds since the epoch: from <= t < to. */
  readonly createdFromMs?: number;
  readonly createdToMs?: number;
  readonly updatedFromMs?: number;
  readonly updatedToMs?: number;
}
