import type { CategoryWithCounts } from '../core/entry.ts';
import { ChlError } from '../core/errors.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';
import type { Clock } from '../core/ports/runtime.ts';

export interface CategoryDirectoryParts {
  readonly reader: CatalogReader;
  readonly clock: Clock;
  readonly maxAgeMs: number;
}

interface Cached {
  readonly categories: readonly CategoryWithCounts[];
  readonly loadedAtMs: number;
}

/** The categories, remembered for a moment: nearly every request asks whether one exists. */
export class CategoryDirectory {
  readonly #parts: CategoryDirectoryParts;
  /** Codes ever seen: categories are never deleted. */
  readonly #known = new Set<string>();
  #cached: Cached | null = null;
  #generation = 0;

  constructor(parts: CategoryDirectoryParts) {
    this.#parts = parts;
  }

  async list(): Promise<readonly CategoryWithCounts[]> {
    const { reader, clock, maxAgeMs } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (this.#cached !== null && nowMs - this.#cached.loadedAtMs < maxAgeMs) return this.#cached.categories;
    const generation = this.#generation;
    const categories = await reader.categories();
    for (const { code } of categories) this.#known.add(code);
    // A write that came meanwhile is not in what was read: use it once, do not keep it.
    if (generation === this.#generation) {
      this.#cached = { categories, loadedAtMs: nowMs };
    }
    return categories;
  }

  /** @throws NOT_FOUND */
  async require(code: string): Promise<void> {
    if (this.#known.has(code)) return;
    if ((await this.#parts.reader.category(code)) === null) {
      throw new ChlError('NOT_FOUND', `There is no category "${code}".`, {
        hint: 'list_categories, or GET /api/v1/categories/, names those there are; POST there makes one.',
      });
    }
    this.#known.add(code);
  }

  /** After every commit of this process: counts have changed. */
  invalidate(): void {
    this.#generation += 1;
    this.#cached = null;
  }
}
