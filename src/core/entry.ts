import type { EntryKey, Seq, VectorId } from './ids.ts';

export const ENTITY_TYPES = ['experience', 'skill'] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

export const SECTIONS = ['useful', 'harmful', 'contextual'] as const;
export type Section = (typeof SECTIONS)[number];

export type EmbeddingStatus = 'pending' | 'embedded' | 'failed';

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What an experience says. */
export interface ExperienceData {
  readonly section: Section;
  readonly title: string;
  readonly playbook: string;
  readonly context: { readonly [key: string]: JsonValue } | null;
}

/** What a skill says. Optional fields are null when absent. */
export interface SkillData {
  readonly name: string;
  readonly description: string;
  readonly content: string;
  readonly license: string | null;
  readonly compatibility: string | null;
  readonly metadata: JsonValue | null;
  readonly allowed_tools: JsonValue | null;
  readonly model: string | null;
}

interface EntryCommon {
  /** `EXP-<CATEGORY>-…` or `SKL-<CATEGORY>-…`, public and unique. */
  readonly id: string;
  readonly key: EntryKey;
  readonly categoryCode: string;
  readonly tags: readonly string[];
  /** Unique external id, used by imports. */
  readonly ref: string | null;
  readonly author: string;
  readonly source: string;
  readonly syncStatus: string;
  readonly embeddingStatus: EmbeddingStatus;
  /** The vector that stands for this version, or null while it waits for one. */
  readonly vectorId: VectorId | null;
  /** 1, 2, … */
  readonly version: number;
  /** The change that made this version. */
  readonly seq: Seq;
  /** Milliseconds since the epoch, UTC. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface ExperienceEntry extends EntryCommon {
  readonly type: 'experience';
  readonly data: ExperienceData;
}

export interface SkillEntry extends EntryCommon {
  readonly type: 'skill';
  readonly data: SkillData;
}

export type Entry = ExperienceEntry | SkillEntry;
export type EntryData = ExperienceData | SkillData;

/** The two fields that text search and embedders read: a short heading above a body. */
export interface EntryText {
  readonly heading: string;
  readonly body: string;
}

export function entryText(entry: { readonly type: EntityType; readonly data: EntryData }): EntryText {
  if (entry.type === 'experience') {
    const data = entry.data as ExperienceData;
    return { heading: data.title, body: data.playbook };
  }
  const data = entry.data as SkillData;
  return { heading: `${data.name}: ${data.description}`, body: data.content };
}

/** Whether an embedder would see the same. */
export const sameText = (a: EntryText, b: EntryText): boolean => a.heading === b.heading && a.body === b.body;

export interface Category {
  readonly code: string;
  readonly name: string;
  readonly description: string;
  readonly createdAtMs: number;
}

export interface CategoryWithCounts extends Category {
  readonly experienceCount: number;
  readonly skillCount: number;
}
