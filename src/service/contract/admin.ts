import * as z from 'zod';
import { queryFlag, timestamp } from './text.ts';

const lockStatus = z.object({
  waits: z.int().meta({ description: 'How often somebody had to wait' }),
  longest_wait_ms: z.number(),
  longest_wait_holder: z.string().nullable().meta({ description: 'Who held the lock then' }),
  wait_ms: z
    .object({
      bounds: z.array(z.number()).meta({ description: 'Upper bounds of the buckets, in milliseconds' }),
      counts: z
        .array(z.int())
        .meta({ description: 'Acquisitions by bucket; one more, the last, for all above' }),
      sum: z.number(),
    })
    .meta({ description: 'How long each acquisition waited; most do not' }),
});

export const indexStatusResponse = z.object({
  status: z.enum(['available', 'unavailable']),
  reason: z.string().optional(),
  index_size: z.int().meta({ description: 'Live vectors' }),
  tombstone_ratio: z.number(),
  needs_rebuild: z.boolean(),
  save_policy: z.enum(['immediate', 'periodic', 'manual']),
  rebuild_threshold: z.number(),
  model_name: z.string(),
  dimension: z.int(),
  state: z.string(),
  backend: z.string().nullable(),
  scan_kernel: z
    .object({
      name: z.enum(['native', 'wasm', 'none']),
      instructions: z.string().nullable(),
      reason: z.string().nullable().meta({ description: 'Why it is nothing faster' }),
    })
    .nullable()
    .meta({ description: 'What scans vectors and walks graphs; CHL_SCAN_KERNEL' }),
  documents: z.int(),
  tombstones: z.int(),
  segments: z.array(
    z.object({ id: z.int(), kind: z.string(), rows: z.int(), tombstones: z.int(), bytes: z.int() }),
  ),
  growing: z.object({ rows: z.int(), tombstones: z.int(), max_rows: z.int() }),
  snapshot: z.object({ generation: z.int(), seq: z.int(), saved_at: timestamp, bytes: z.int() }).nullable(),
  unsaved_changes: z.int(),
  last_seq: z.int(),
  rebuild: z.object({ running: z.boolean(), progress: z.number() }),
  recovery: z
    .object({ source: z.string(), replayed: z.int(), reasons: z.array(z.string()), duration_ms: z.number() })
    .nullable(),
  text_ready: z.boolean(),
  memory_bytes: z.int(),
  locks: z.object({ writer: lockStatus, index_write: lockStatus, index_maintenance: lockStatus }).meta({
    description: 'writer: of the database; the others: of the index. Since the start of their process',
  }),
  counters: z.object({
    saves: z.int(),
    failed_saves: z.int(),
    rebuilds: z.int(),
    merges: z.int(),
    recoveries: z.int(),
    searches: z.int(),
  }),
});
export type IndexStatusResponse = z.infer<typeof indexStatusResponse>;

export const rebuildQuery = z.object({
  wait: queryFlag(true).meta({
    description: 'false: answer 202 at once; index status shows the progress. Default: true',
  }),
});

export const rebuildResponse = z.object({
  status: z.literal('success'),
  message: z.string(),
  vectors_count: z.int(),
  generation: z.int(),
  duration_ms: z.number(),
});
export type RebuildResponse = z.infer<typeof rebuildResponse>;

/** 202: read `rebuild` of the index status to follow it. */
export const rebuildStartedResponse = z.object({
  status: z.literal('started'),
  message: z.string(),
  job: z.object({ id: z.string(), running: z.boolean() }),
});
export type RebuildStartedResponse = z.infer<typeof rebuildStartedResponse>;

export const saveResponse = z.object({
  status: z.literal('success'),
  message: z.string(),
  generation: z.int(),
  seq: z.int(),
});
export type SaveResponse = z.infer<typeof saveResponse>;

export const compactResponse = z.object({
  status: z.literal('success'),
  message: z.string(),
  bytes_before: z.int(),
  bytes_after: z.int(),
});
export type CompactResponse = z.infer<typeof compactResponse>;

const cacheCounts = z.object({ hits: z.int(), misses: z.int() });

export const queueStatusResponse = z.object({
  pending: z.int(),
  failed: z.int(),
  embedded: z.int(),
  mode: z.enum(['sync', 'async']).meta({ description: 'CHL_EMBED_MODE' }),
  paused: z.boolean(),
  in_flight: z.int().meta({ description: 'Entries being embedded in the background at this moment' }),
  oldest_age_seconds: z
    .number()
    .nullable()
    .meta({ description: 'How long the first in the queue has waited' }),
  last_error: z.string().nullable(),
  counters: z.object({ embedded: z.int(), failures: z.int(), refusals: z.int() }).meta({
    description: 'Of the background queue since the start: vectors stored, calls in vain, texts refused',
  }),
  cache: z.object({ query: cacheCounts, passage: cacheCounts, entries: z.int(), bytes: z.int() }),
  commit: z
    .object({ waiting: z.int(), waiting_max: z.int(), groups: z.int(), operations: z.int() })
    .meta({ description: 'The queue in front of the database writer' }),
});
export type QueueStatusResponse = z.infer<typeof queueStatusResponse>;

export const queueActionResponse = z.object({
  status: z.enum(['success', 'incomplete']).meta({ description: 'incomplete: some entries still wait' }),
  message: z.string(),
  pending: z.int(),
  failed: z.int(),
  paused: z.boolean(),
});
export type QueueActionResponse = z.infer<typeof queueActionResponse>;

export const REEMBED_TARGETS = ['hash', 'openai', 'transformers'] as const;

export const reembedRequest = z.object({
  to: z.enum(REEMBED_TARGETS).nullish().meta({ description: 'The configured embedder unless given' }),
  model: z.string().min(1).max(256).nullish().meta({ description: 'CHL_EMBEDDING_MODEL unless given' }),
});
export type ReembedRequest = z.infer<typeof reembedRequest>;

export const reembedResponse = z.object({
  state: z.enum(['idle', 'embedding', 'switching', 'opening', 'done', 'unchanged', 'failed']),
  from: z.string().nullable(),
  to: z.string().nullable(),
  done: z.int().meta({ description: 'Entries whose new vector is stored beside the old one' }),
  total: z.int(),
  error: z.string().nullable().meta({ description: 'What it failed on, or waits for' }),
});
export type ReembedResponse = z.infer<typeof reembedResponse>;
