import * as z from 'zod';
import { timestamp } from './text.ts';

export const GUIDE_TYPES = ['generator', 'evaluator'] as const;
export type GuideType = (typeof GUIDE_TYPES)[number];

export const guideType = z.enum(GUIDE_TYPES).meta({
  description: 'generator: how to write entries; evaluator: how to curate them',
});

export const guidelinesResponse = z.object({
  meta: z.object({ code: z.literal('GLN'), name: z.string(), search_mode: z.string() }),
  skill: z.object({
    id: z.string(),
    title: z.string(),
    content: z.string(),
    summary: z.string(),
    updated_at: timestamp,
    author: z.string(),
  }),
});
export type GuidelinesResponse = z.infer<typeof guidelinesResponse>;
