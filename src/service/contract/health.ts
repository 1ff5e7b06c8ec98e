import * as z from 'zod';
import { timestamp } from './text.ts';

export const HEALTH_STATES = ['healthy', 'degraded', 'unhealthy'] as const;
const component = z.object({ status: z.enum(HEALTH_STATES), detail: z.string() });
export type HealthComponent = z.infer<typeof component>;

export const healthResponse = z
  .object({
    status: z.enum(HEALTH_STATES),
    components: z.object({ database: component, faiss_index: component, embedding_model: component }),
    timestamp,
  })
  .meta({
    description: 'unhealthy (503) only when the database is away; without an index search goes on by text',
  });
export type HealthResponse = z.infer<typeof healthResponse>;

export const liveResponse = z.object({ status: z.literal('alive') });

export const readyResponse = z.object({ status: z.enum(['ready', 'not_ready']), detail: z.string() });
export type ReadyResponse = z.infer<typeof readyResponse>;
