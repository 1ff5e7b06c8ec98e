import * as z from 'zod';
import { CONTRACT_LIMITS } from './limits.ts';
import { categoryCode, text, timestamp } from './text.ts';

export const category = z
  .object({
    code: categoryCode,
    name: z.string(),
    description: z.string(),
    created_at: timestamp,
    experience_count: z.int(),
    skill_count: z.int(),
    total_count: z.int(),
  })
  .meta({ description: 'A category and how many entries it holds' });
export type CategoryView = z.infer<typeof category>;

export const categoriesResponse = z.object({ categories: z.array(category) });
export type CategoriesResponse = z.infer<typeof categoriesResponse>;

export const createCategoryRequest = z
  .object({
    code: categoryCode,
    name: text({ max: CONTRACT_LIMITS.categoryNameChars }).meta({ examples: ['api_design'] }),
    description: text({ max: CONTRACT_LIMITS.categoryDescriptionChars }),
  })
  .meta({
    examples: [{ code: 'QUE', name: 'message_queues', description: 'Queues, topics and their consumers.' }],
  });
export type CreateCategoryRequest = z.infer<typeof createCategoryRequest>;

export const createCategoryResponse = z.object({ success: z.literal(true), category, message: z.string() });
export type CreateCategoryResponse = z.infer<typeof createCategoryResponse>;
