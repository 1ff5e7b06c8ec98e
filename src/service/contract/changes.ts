import * as z from 'zod';
import { ENTITY_TYPES } from '../../core/entry.ts';
import { CONTRACT_LIMITS } from './limits.ts';
import { queryInteger, timestamp } from './text.ts';

/** `SEQ`, or `EPOCH:SEQ` as writes and events name it. */
export const feedPosition = z
  .string()
  .regex(/^(\d{1,10}:)?\d{1,15}$/, 'must be a seq, such as 42, or epoch:seq, such as 1:42');

export const changesQuery = z.object({
  since: feedPosition.default('0').meta({
    description:
      'The last change you have, as seq or epoch:seq; the answer starts after it. With the epoch, 410 tells when a restore has begun another history. Default: 0',
  }),
  limit: queryInteger({ min: 1, max: CONTRACT_LIMITS.changesLimit, fallback: 100 }),
});
export type ChangesQuery = z.infer<typeof changesQuery>;

export const change = z.object({
  seq: z.int(),
  op: z.enum(['create', 'update', 'delete', 'embed']),
  entry_id: z.string(),
  entity_type: z.enum(ENTITY_TYPES),
  category_code: z.string(),
  version: z.int(),
  at: timestamp,
});
export type ChangeView = z.infer<typeof change>;

export const changesResponse = z.object({
  changes: z.array(change),
  count: z.int(),
  next_since: z.int().meta({ description: 'Pass it as `since` to go on' }),
  has_more: z.boolean(),
  epoch: z.int(),
});
export type ChangesResponse = z.infer<typeof changesResponse>;
