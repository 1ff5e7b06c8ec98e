import * as z from 'zod';
import { ENTITY_TYPES } from '../../core/entry.ts';
import { byEntityType } from './by-entity-type.ts';
import {
  entityType,
  experienceData,
  experienceUpdates,
  ref,
  skillData,
  skillUpdates,
  tags,
} from './entities.ts';
import { entryView } from './entry-views.ts';
import { CONTRACT_LIMITS } from './limits.ts';
import { categoryCode, entryId, text, withDefault } from './text.ts';

const expectedVersion = z
  .int()
  .min(1)
  .nullish()
  .meta({ description: 'Refuse with 412 unless the entry is at this version' });
const duplicateCheck = withDefault(
  z.enum(['check', 'skip']).meta({ description: 'skip: store without looking for similar entries' }),
  'check',
);

export const writeRequest = byEntityType(
  { field: 'data', experience: experienceData, skill: skillData },
  {
    category_code: categoryCode,
    tags: tags.nullish(),
    ref: ref.optional(),
    duplicates: duplicateCheck,
  },
).meta({
  examples: [
    {
      entity_type: 'experience',
      category_code: 'API',
      data: {
        section: 'useful',
        title: 'Retry uploads with the same Idempotency-Key',
        playbook:
          'Keep the key of the first attempt. On 503 wait for Retry-After, then send the same body again.',
      },
    },
  ],
});
export type WriteRequest = z.infer<typeof writeRequest>;

export const duplicateCandidate = z.object({
  entity_id: z.string(),
  entity_type: z.enum(ENTITY_TYPES),
  score: z.number().meta({ description: 'Similarity 0–1: from 0.85 review first, from 0.50 worth knowing' }),
  reason: z.string(),
  provider: z.string(),
  title: z.string(),
  summary: z.string(),
});
export type DuplicateCandidate = z.infer<typeof duplicateCandidate>;

const written = {
  success: z.literal(true),
  entry_id: z.string(),
  entry: entryView,
  version: z.int(),
  seq: z
    .string()
    .meta({ description: 'epoch:seq; send it as X-CHL-Min-Seq to read your own write', examples: ['1:42'] }),
  warnings: z.array(z.string()).optional(),
  message: z.string(),
};

export const writeResponse = z.object({
  ...written,
  duplicates: z.array(duplicateCandidate).optional(),
  recommendation: z.literal('review_first').optional(),
});
export type WriteResponse = z.infer<typeof writeResponse>;

export const updateRequest = byEntityType(
  { field: 'updates', experience: experienceUpdates, skill: skillUpdates },
  {
    category_code: categoryCode.nullish(),
    entry_id: entryId,
    force_contextual: z.boolean().nullish().meta({ description: 'Needed to turn an experience contextual' }),
    expected_version: expectedVersion,
  },
);
export type UpdateRequest = z.infer<typeof updateRequest>;

export const updateResponse = z.object(written);
export type UpdateResponse = z.infer<typeof updateResponse>;

export const deleteRequest = z.object({
  entity_type: entityType,
  entry_id: entryId,
  expected_version: expectedVersion,
});
export type DeleteRequest = z.infer<typeof deleteRequest>;

export const deleteResponse = z.object({
  success: z.literal(true),
  entry_id: z.string(),
  version: z.int().meta({ description: 'That of the deletion, as the history has it' }),
  seq: z.string(),
  message: z.string(),
});
export type DeleteResponse = z.infer<typeof deleteResponse>;

/** One line of `entries/import`: a write, or a line of an export (its other fields are kept or ignored). */
export const importLine = byEntityType(
  { field: 'data', experience: experienceData, skill: skillData },
  {
    category_code: categoryCode,
    tags: tags.nullish(),
    ref: ref.optional(),
    author: text({ max: CONTRACT_LIMITS.authorChars }).nullish(),
    source: text({ max: CONTRACT_LIMITS.authorChars }).nullish(),
  },
);
export type ImportLine = z.infer<typeof importLine>;

export const importResultLine = z
  .discriminatedUnion('status', [
    z.object({
      line: z.int(),
      status: z.enum(['created', 'updated', 'unchanged']),
      entry_id: z.string(),
      version: z.int(),
      ref: z.string().nullable(),
      seq: z.string(),
    }),
    z.object({
      line: z.int(),
      status: z.literal('error'),
      ref: z.string().nullable(),
      error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
    }),
  ])
  .meta({ description: 'What became of one input line; lines count from 1' });
export type ImportResultLine = z.infer<typeof importResultLine>;

/** A line of `export.ndjson`: `entries/import` takes it back as it is. */
export const exportLine = z.object({
  id: z.string(),
  entity_type: z.enum(ENTITY_TYPES),
  category_code: z.string(),
  data: z.record(z.string(), z.unknown()),
  tags: z.array(z.string()),
  ref: z.string().nullable(),
  author: z.string(),
  source: z.string(),
  version: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type ExportLine = z.infer<typeof exportLine>;
