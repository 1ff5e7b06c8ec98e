import { ChlError } from '../../../../src/core/errors.ts';
import { asSeq } from '../../../../src/core/ids.ts';
import { nonceOf } from '../tables/changes.ts';
import { readFingerprint, rebindFingerprint } from '../tables/meta.ts';
import { promoteStaged, stageVectors } from '../tables/staged-embeddings.ts';
import type { GroupContext, OperationOf, OperationResult } from './group-context.ts';

/** Vectors of the next embedder, kept beside those that are served. */
export async function stageEmbeddings(
  group: GroupContext,
  { fingerprint, vectors }: OperationOf<'stage-embeddings'>,
): Promise<OperationResult> {
  await stageVectors(group.session, fingerprint, vectors);
  return { entry: null, entryId: null, change: null, seq: group.last.seq, created: false };
}

/**
 * From here on the database belongs to the other embedder. Its changes are in the feed and not in the
 * outcome: whoever follows opens another collection.
 * @throws CONFLICT when it belongs to another one than was thought
 */
export async function switchEmbedder(
  group: GroupContext,
  { from, to, atMs }: OperationOf<'switch-embedder'>,
): Promise<OperationResult> {
  const { session } = group;
  if ((await readFingerprint(session)) !== from) {
    throw new ChlError('CONFLICT', 'The database was given to another embedder meanwhile.', {
      operation: 'catalog.commit',
    });
  }
  await rebindFingerprint(session, to);
  const last = asSeq(await promoteStaged(session, to, group.last.seq, atMs));
  group.moveTo({ seq: last, nonce: (await nonceOf(session, last)) ?? group.last.nonce });
  return { entry: null, entryId: null, change: null, seq: last, created: false };
}
