import * as z from 'zod';
import { ENTITY_TYPES } from '../../core/entry.ts';
import { section } from './entities.ts';
import { anyJson } from './json-value.ts';
import { timestamp } from './text.ts';

const embeddingStatus = z.enum(['pending', 'embedded', 'failed']).meta({
  description: 'pending: found by text, not yet by meaning',
});

const provenance = {
  category_code: z.string(),
  tags: z.array(z.string()),
  ref: z.string().nullable(),
  author: z.string(),
  source: z.string(),
  sync_status: z.string(),
  embedding_status: embeddingStatus,
  version: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
};

/** An entry with everything in it, as writes, exports and GET by id answer it. */
export const experienceView = z.object({
  id: z.string(),
  entity_type: z.literal('experience'),
  section,
  title: z.string(),
  playbook: z.string(),
  context: anyJson,
  ...provenance,
});

export const skillView = z.object({
  id: z.string(),
  entity_type: z.literal('skill'),
  name: z.string(),
  description: z.string(),
  content: z.string(),
  license: z.string().nullable(),
  compatibility: z.string().nullable(),
  metadata: anyJson,
  allowed_tools: anyJson,
  model: z.string().nullable(),
  ...provenance,
});

export const entryView = z
  .discriminatedUnion('entity_type', [experienceView, skillView])
  .meta({ description: 'A whole entry' });
export type EntryView = z.infer<typeof entryView>;

export const MATCH_REASONS = ['semantic_match', 'text_match', 'hybrid_match', 'id_lookup'] as const;
export const matchReason = z.enum(MATCH_REASONS).meta({ description: 'Why the entry is in the answer' });
export type MatchReason = z.infer<typeof matchReason>;

const found = {
  reason: matchReason,
  provider: z.string().meta({ description: 'What answered: a vector backend, bm25, fts5 or direct' }),
  score: z.number().optional().meta({ description: '0–1, what results are ranked by' }),
  rank: z.int().optional().meta({ description: 'From 0' }),
  degraded: z.boolean().optional().meta({ description: 'A weaker search answered than the one asked for' }),
  provider_hint: z.string().nullable().optional(),
};

/** A preview; bodies only where `fields` asked for them. */
export const readEntry = z
  .object({
    id: z.string(),
    entity_type: z.enum(ENTITY_TYPES),
    category_code: z.string(),
    embedding_status: embeddingStatus,
    updated_at: timestamp,
    author: z.string(),
    source: z.string(),
    version: z.int(),
    tags: z.array(z.string()),
    ref: z.string().nullable(),
    sync_status: z.string().optional(),
    title: z.string().optional(),
    section: section.optional(),
    playbook_preview: z.string().optional(),
    playbook_truncated: z.boolean().optional(),
    playbook: z.string().optional(),
    context: anyJson.optional(),
    name: z.string().optional(),
    description: z.string().optional(),
    content_preview: z.string().optional(),
    content_truncated: z.boolean().optional(),
    content: z.string().optional(),
    license: z.string().nullable().optional(),
    compatibility: z.string().nullable().optional(),
    metadata: anyJson.optional(),
    allowed_tools: anyJson.optional(),
    model: z.string().nullable().optional(),
    ...found,
  })
  .meta({ description: 'An entry as `entries/read` shows it' });
export type ReadEntry = z.infer<typeof readEntry>;
