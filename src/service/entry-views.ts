import type { Entry, ExperienceEntry, SkillEntry } from '../core/entry.ts';
import { entryText } from '../core/entry.ts';
import type { EntryView, ReadEntry } from './contract/entry-views.ts';
import { BODY_FIELDS } from './contract/read.ts';
import type { ExportLine } from './contract/write.ts';
import { beginningOf } from './excerpt.ts';

export const isoTime = (atMs: number): string => new Date(atMs).toISOString();

/** What one reads first: an experience's title, a skill's name. */
export const titleOf = (entry: Entry): string =>
  entry.type === 'experience' ? entry.data.title : entry.data.name;

export const sectionOf = (entry: Entry): string | null =>
  entry.type === 'experience' ? entry.data.section : null;

export const bodyOf = (entry: Entry): string => entryText(entry).body;

const provenance = (entry: Entry) => ({
  category_code: entry.categoryCode,
  tags: [...entry.tags],
  ref: entry.ref,
  author: entry.author,
  source: entry.source,
  sync_status: entry.syncStatus,
  embedding_status: entry.embeddingStatus,
  version: entry.version,
  created_at: isoTime(entry.createdAtMs),
  updated_at: isoTime(entry.updatedAtMs),
});

/** Everything. */
export function entryView(entry: Entry): EntryView {
  return entry.type === 'experience'
    ? { id: entry.id, entity_type: entry.type, ...entry.data, ...provenance(entry) }
    : { id: entry.id, entity_type: entry.type, ...entry.data, ...provenance(entry) };
}

export function exportLine(entry: Entry): ExportLine {
  const { category_code, tags, ref, author, source, version, created_at, updated_at } = provenance(entry);
  const { id, type: entity_type } = entry;
  return {
    id,
    entity_type,
    category_code,
    data: { ...entry.data },
    tags,
    ref,
    author,
    source,
    version,
    created_at,
    updated_at,
  };
}

export interface ReadShape {
  /** Bodies asked for; empty means previews alone. */
  readonly fields: ReadonlySet<string>;
  readonly previewChars: number;
}

export type Preview = Omit<ReadEntry, 'reason' | 'provider'>;

export function readView(entry: Entry, shape: ReadShape): Preview {
  return {
    id: entry.id,
    entity_type: entry.type,
    category_code: entry.categoryCode,
    embedding_status: entry.embeddingStatus,
    updated_at: isoTime(entry.updatedAtMs),
    author: entry.author,
    source: entry.source,
    version: entry.version,
    tags: [...entry.tags],
    ref: entry.ref,
    ...(entry.type === 'experience' ? experiencePreview(entry, shape) : skillPreview(entry, shape)),
    ...bodyFields(entry, shape.fields),
  };
}

function experiencePreview(entry: ExperienceEntry, { previewChars }: ReadShape): Partial<Preview> {
  const { text, truncated } = beginningOf(entry.data.playbook, previewChars);
  return {
    title: entry.data.title,
    section: entry.data.section,
    sync_status: entry.syncStatus,
    playbook_preview: text,
    playbook_truncated: truncated,
  };
}

function skillPreview(entry: SkillEntry, { previewChars }: ReadShape): Partial<Preview> {
  const { text, truncated } = beginningOf(entry.data.content, previewChars);
  return {
    name: entry.data.name,
    description: entry.data.description,
    content_preview: text,
    content_truncated: truncated,
  };
}

/** Those of the entry's bodies that `fields` names. */
export function bodyFields(entry: Entry, fields: ReadonlySet<string>): Partial<Preview> {
  if (fields.size === 0) return {};
  const names: readonly string[] = BODY_FIELDS[entry.type];
  return Object.fromEntries(
    Object.entries(entry.data).filter(([name]) => names.includes(name) && fields.has(name)),
  );
}
