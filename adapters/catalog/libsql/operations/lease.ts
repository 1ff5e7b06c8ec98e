import { ChlError } from '../../../../src/core/errors.ts';
import type { LeaseTerm } from '../../../../src/core/ports/catalog.ts';
import { claimLease, expireLease } from '../tables/leases.ts';
import type { GroupContext, OperationOf, OperationResult } from './group-context.ts';

/** @throws CONFLICT while another holder has it */
export async function takeLease(
  group: GroupContext,
  operation: OperationOf<'take-lease'>,
): Promise<OperationResult> {
  const leaseToken = await claimLease(group.session, operation);
  group.forgetLease(operation.name);
  if (leaseToken === null) {
    throw new ChlError('CONFLICT', `Another service holds the lease of ${operation.name}.`, {
      operation: 'catalog.lease',
    });
  }
  return { ...nothingChanged(group), leaseToken };
}

export async function dropLease(
  group: GroupContext,
  { term }: OperationOf<'drop-lease'>,
): Promise<OperationResult> {
  await expireLease(group.session, term);
  return nothingChanged(group);
}

/**
 * Inside the transaction of the write itself: a holder that was stopped, and does not know that its
 * time is over, can no longer write over what its successor did (Kleppmann, "How to do distributed
 * locking", 2016). An expired term that nobody followed still counts.
 * @throws CONFLICT
 */
export async function refuseFenced(group: GroupContext, { name, token }: LeaseTerm): Promise<void> {
  if ((await group.leaseToken(name)) === token) return;
  throw new ChlError('CONFLICT', `The lease of ${name} has passed to another service.`, {
    operation: 'catalog.commit',
  });
}

const nothingChanged = (group: GroupContext): OperationResult => ({
  entry: null,
  entryId: null,
  change: null,
  seq: group.last.seq,
  created: false,
});
