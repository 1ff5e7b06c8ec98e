import type { JsonValue } from '../core/entry.ts';
import type { Idempotency } from '../core/ports/catalog.ts';
import type { Clock } from '../core/ports/runtime.ts';
import type { RequestContext } from './request-context.ts';

export type IdempotencyKey = Omit<Idempotency, 'extras'>;

/** What every write operation carries: who, when, and the key it may be repeated with. */
export interface OperationStamp {
  readonly actor: string;
  readonly atMs: number;
  readonly idempotency?: Idempotency;
}

export function stampOperation(
  context: RequestContext,
  clock: Clock,
  key: IdempotencyKey | null,
  extras: JsonValue | null = null,
): OperationStamp {
  const stamp = { actor: context.caller, atMs: clock.nowMs() };
  return key === null ? stamp : { ...stamp, idempotency: { ...key, extras } };
}
