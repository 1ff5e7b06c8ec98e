import { ChlError } from '../../../../src/core/errors.ts';
import { insertCategory } from '../tables/categories.ts';
import type { GroupContext, OperationOf, OperationResult } from './group-context.ts';

export async function createCategory(
  group: GroupContext,
  operation: OperationOf<'create-category'>,
): Promise<OperationResult> {
  const { category, atMs } = operation;
  if (await group.hasCategory(category.code)) {
    throw new ChlError('CONFLICT', `There is already a category ${category.code}.`, {
      operation: 'catalog.commit',
    });
  }
  await insertCategory(group.session, { ...category, createdAtMs: atMs });
  return { entry: null, entryId: null, change: null, seq: group.last.seq, created: true };
}
