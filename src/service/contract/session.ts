import * as z from 'zod';
import { CONTRACT_LIMITS } from './limits.ts';
import { entryId } from './text.ts';

export const sessionResponse = z.object({
  session_id: z.string(),
  viewed_ids: z.array(z.string()),
  cited_ids: z.array(z.string()),
  viewed_count: z.int(),
  cited_count: z.int(),
});
export type SessionResponse = z.infer<typeof sessionResponse>;

export const citedRequest = z.object({ entity_ids: z.array(entryId).min(1).max(CONTRACT_LIMITS.citedCount) });
export type CitedRequest = z.infer<typeof citedRequest>;

export const citedResponse = z.object({
  success: z.literal(true),
  session_id: z.string(),
  cited_count: z.int(),
});
export type CitedResponse = z.infer<typeof citedResponse>;
