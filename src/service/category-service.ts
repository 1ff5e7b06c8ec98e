import type { CategoryWithCounts } from '../core/entry.ts';
import type { Clock } from '../core/ports/runtime.ts';
import type { CategoryDirectory } from './category-directory.ts';
import type { Committer } from './committer.ts';
import type {
  CategoriesResponse,
  CategoryView,
  CreateCategoryRequest,
  CreateCategoryResponse,
} from './contract/categories.ts';
import { isoTime } from './entry-views.ts';
import type { IdempotentRequests } from './idempotent-requests.ts';
import { stampOperation } from './operation-stamp.ts';
import type { RequestContext } from './request-context.ts';
import type { CategoryService } from './services.ts';

export interface CategoriesParts {
  readonly directory: CategoryDirectory;
  readonly committer: Committer;
  readonly requests: IdempotentRequests;
  readonly clock: Clock;
}

export class Categories implements CategoryService {
  readonly #parts: CategoriesParts;

  constructor(parts: CategoriesParts) {
    this.#parts = parts;
  }

  async list(): Promise<CategoriesResponse> {
    return { categories: (await this.#parts.directory.list()).map(categoryView) };
  }

  create(request: CreateCategoryRequest, context: RequestContext): Promise<CreateCategoryResponse> {
    const { committer, requests, clock } = this.#parts;
    return requests.run('create-category', request, context, async (key) => {
      const { code, name, description } = request;
      const stamp = stampOperation(context, clock, key);
      await committer.submit({ kind: 'create-category', ...stamp, category: { code, name, description } });
      const category = {
        code,
        name,
        description,
        createdAtMs: stamp.atMs,
        experienceCount: 0,
        skillCount: 0,
      };
      return { success: true, category: categoryView(category), message: `Created category ${code}.` };
    });
  }
}

const categoryView = (category: CategoryWithCounts): CategoryView => ({
  code: category.code,
  name: category.name,
  description: category.description,
  created_at: isoTime(category.createdAtMs),
  experience_count: category.experienceCount,
  skill_count: category.skillCount,
  total_count: category.experienceCount + category.skillCount,
});
