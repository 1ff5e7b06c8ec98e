import * as z from 'zod';
import { SEARCH_MODES } from '../../core/ports/index-host.ts';
import { entityType } from './entities.ts';
import { entryView, readEntry } from './entry-views.ts';
import { CONTRACT_LIMITS } from './limits.ts';
import { categoryCode, entryId, sessionId, snippetLength, text, timestamp, withDefault } from './text.ts';

/** What `fields` may name; the rest of an entry is always there. */
export const BODY_FIELDS = {
  experience: ['playbook', 'context'],
  skill: ['content', 'license', 'compatibility', 'metadata', 'allowed_tools', 'model'],
} as const;

const ALWAYS_THERE = [
  'id',
  'title',
  'section',
  'name',
  'description',
  'author',
  'updated_at',
  'tags',
  'ref',
] as const;
export const FIELD_NAMES = [
  'preview',
  ...BODY_FIELDS.experience,
  ...BODY_FIELDS.skill,
  ...ALWAYS_THERE,
] as const;

export const fields = z
  .array(z.enum(FIELD_NAMES))
  .max(FIELD_NAMES.length)
  .nullish()
  .meta({
    description: 'Bodies to add to the previews; ["preview"] is previews alone',
    examples: [['playbook', 'context']],
  });

export const searchMode = z.enum(SEARCH_MODES).meta({
  description: 'hybrid: meaning and words; vector: meaning alone; text: words alone',
});

export const query = text({ max: CONTRACT_LIMITS.queryChars }).meta({
  description: 'What you look for, in your own words; no operators',
  examples: ['idempotent retry after a 503'],
});

export const readRequest = z
  .object({
    entity_type: entityType,
    category_code: categoryCode.nullish(),
    query: query.nullish(),
    ids: z.array(entryId).max(CONTRACT_LIMITS.idsCount).nullish(),
    limit: withDefault(z.int().min(1).max(CONTRACT_LIMITS.readLimit), 100),
    fields,
    snippet_len: snippetLength,
    session_id: sessionId.nullish(),
    mode: searchMode.nullish(),
  })
  .refine(
    (request) => isGiven(request.query) || (request.ids?.length ?? 0) > 0 || isGiven(request.category_code),
    'must hold one of query, ids or category_code',
  )
  .meta({
    examples: [{ entity_type: 'experience', category_code: 'API', query: 'idempotent retry', limit: 5 }],
  });
export type ReadRequest = z.infer<typeof readRequest>;

const isGiven = (value: string | null | undefined): boolean => value !== null && value !== undefined;

export const readResponse = z.object({
  entries: z.array(readEntry),
  count: z.int(),
  meta: z
    .object({
      mode: z.string().optional(),
      degraded: z.boolean().optional(),
      hint: z.string().nullable().optional(),
      total: z.int().optional(),
    })
    .optional(),
});
export type ReadResponse = z.infer<typeof readResponse>;

export const entryResponse = z.object({ entry: entryView, version: z.int() });
export type EntryResponse = z.infer<typeof entryResponse>;

export const historyResponse = z.object({
  entry_id: z.string(),
  history: z.array(
    z.object({
      version: z.int(),
      op: z.enum(['create', 'update', 'delete']),
      seq: z.string(),
      actor: z.string(),
      at: timestamp,
      data: z.record(z.string(), z.unknown()),
      tags: z.array(z.string()),
    }),
  ),
  count: z.int(),
});
export type HistoryResponse = z.infer<typeof historyResponse>;

export const exportResponse = z.object({
  experiences: z.array(entryView),
  skills: z.array(entryView),
  count: z.int(),
});
export type ExportResponse = z.infer<typeof exportResponse>;
