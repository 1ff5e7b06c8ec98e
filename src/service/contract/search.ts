import * as z from 'zod';
import { FUSION_DEPTH } from '../../core/engine/fusion.ts';
import { ENTITY_TYPES } from '../../core/entry.ts';
import { entityType, tags } from './entities.ts';
import { matchReason } from './entry-views.ts';
import { anyJson } from './json-value.ts';
import { CONTRACT_LIMITS } from './limits.ts';
import { fields, query, searchMode } from './read.ts';
import { categoryCode, dateBound, sessionId, snippetLength, text, timestamp, withDefault } from './text.ts';
import { duplicateCandidate } from './write.ts';

const dateBounds = {
  created_from: dateBound.nullish(),
  created_to: dateBound.nullish(),
  updated_from: dateBound.nullish(),
  updated_to: dateBound.nullish(),
};

/** Half-open: from <= t < to. A filter nobody knows is ignored, with a warning in the answer. */
export const searchFilters = z.looseObject({
  author: text({ max: CONTRACT_LIMITS.authorChars }).nullish(),
  section: z.enum(['useful', 'harmful', 'contextual']).nullish(),
  tags: tags.nullish(),
  ...dateBounds,
});

export const searchRequest = z
  .object({
    query,
    types: z.array(entityType).max(ENTITY_TYPES.length).nullish(),
    category: categoryCode.nullish(),
    limit: withDefault(z.int().min(1).max(CONTRACT_LIMITS.searchLimit), 10),
    offset: withDefault(z.int().min(0).max(CONTRACT_LIMITS.searchOffset), 0),
    min_score: z.number().min(0).max(1).nullish(),
    filters: searchFilters.nullish(),
    snippet_len: snippetLength,
    fields,
    hide_viewed: withDefault(z.boolean(), false),
    downrank_viewed: withDefault(z.boolean(), true),
    session_id: sessionId.nullish(),
    mode: searchMode.nullish(),
    tags: tags.nullish(),
    ...dateBounds,
  })
  .meta({ examples: [{ query: 'idempotent retry', types: ['experience'], limit: 5 }] });
export type SearchRequest = z.infer<typeof searchRequest>;

export const searchResult = z.object({
  entity_id: z.string(),
  entity_type: z.enum(ENTITY_TYPES),
  category_code: z.string(),
  title: z.string(),
  section: z.string().nullable(),
  score: z.number().meta({ description: '0–1, what results are ranked by and min_score compares' }),
  scores: z.object({
    vector: z.number().nullable().meta({ description: 'Inner product; null where it was no candidate' }),
    text: z.number().nullable(),
  }),
  rank: z.int().meta({ description: 'From 0, over all pages' }),
  reason: matchReason,
  provider: z.string(),
  degraded: z.boolean(),
  hint: z.string().nullable(),
  heading: z.string().nullable().meta({ description: 'The Markdown heading the snippet stands under' }),
  snippet: z.string(),
  viewed: z.boolean(),
  tags: z.array(z.string()),
  author: z.string(),
  source: z.string().meta({ description: 'Where it came from: "local", or what an import said' }),
  updated_at: timestamp,
  body: z.record(z.string(), anyJson).optional().meta({ description: 'The `fields` asked for' }),
});
export type SearchResult = z.infer<typeof searchResult>;

export const searchResponse = z.object({
  results: z.array(searchResult),
  count: z.int(),
  total: z
    .int()
    .meta({ description: `Candidates after filters, up to the depth of the lists (${FUSION_DEPTH})` }),
  has_more: z.boolean(),
  top_score: z.number().nullable(),
  warnings: z.array(z.string()),
  session_applied: z.boolean(),
  mode: z.string(),
  degraded: z.boolean(),
});
export type SearchResponse = z.infer<typeof searchResponse>;

export const duplicatesRequest = z.object({
  entity_type: entityType,
  category_code: categoryCode.nullish(),
  title: text({ max: CONTRACT_LIMITS.skillDescriptionChars }),
  content: text(),
  limit: withDefault(z.int().min(1).max(CONTRACT_LIMITS.duplicatesLimit), 1),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .nullish()
    .meta({ description: 'Least similarity to answer, 0.50 unless given' }),
});
export type DuplicatesRequest = z.infer<typeof duplicatesRequest>;

export const duplicatesResponse = z.object({
  candidates: z.array(duplicateCandidate),
  count: z.int(),
  recommendation: z.literal('review_first').optional(),
  warnings: z.array(z.string()).optional(),
});
export type DuplicatesResponse = z.infer<typeof duplicatesResponse>;

export const searchHealthResponse = z.object({
  totals: z.object({ experiences: z.int(), skills: z.int() }),
  embedding_status: z.object({ pending: z.int(), embedded: z.int(), failed: z.int() }),
  faiss: z.object({
    available: z.boolean(),
    model: z.string(),
    dimension: z.int(),
    vectors: z.int(),
    tombstone_ratio: z.number(),
    needs_rebuild: z.boolean(),
    backend: z.string().nullable(),
  }),
  warnings: z.array(z.string()),
});
export type SearchHealthResponse = z.infer<typeof searchHealthResponse>;
