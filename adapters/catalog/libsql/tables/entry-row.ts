import {
  entryText,
  type EmbeddingStatus,
  type Entry,
  type EntryData,
  type ExperienceData,
  type EntityType,
  type JsonValue,
  type Section,
  type SkillData,
} from '../../../../src/core/entry.ts';
import { asEntryKey, asSeq, asVectorId } from '../../../../src/core/ids.ts';
import type { SqlRow } from '../sql-session.ts';

/** An entry's fields as the table keeps them: what is searched or unique in columns, the rest as JSON. */
export interface DataColumns {
  readonly section: string | null;
  readonly skillName: string | null;
  readonly heading: string;
  readonly body: string;
  readonly rest: string;
}

export function dataToColumns(type: EntityType, data: EntryData): DataColumns {
  const { heading, body } = entryText({ type, data });
  if (type === 'experience') {
    const { section, context } = data as ExperienceData;
    return { section, skillName: null, heading, body, rest: JSON.stringify({ context }) };
  }
  const { name, content: _body, ...rest } = data as SkillData;
  return { section: null, skillName: name, heading, body, rest: JSON.stringify(rest) };
}

/** One literal, no spread: fields of entries put together in two steps cost the serving process 8 % of its time. */
export function entryFromRow(row: SqlRow): Entry {
  const type = row['type'] as EntityType;
  return {
    id: row['id'] as string,
    key: asEntryKey(row['entry_key'] as number),
    categoryCode: row['category_code'] as string,
    tags: parseJson(row['tags']) as readonly string[],
    ref: row['ref'] as string | null,
    author: row['author'] as string,
    source: row['source'] as string,
    syncStatus: row['sync_status'] as string,
    embeddingStatus: row['embedding_status'] as EmbeddingStatus,
    vectorId: row['vector_id'] === null ? null : asVectorId(row['vector_id'] as number),
    version: row['version'] as number,
    seq: asSeq(row['seq'] as number),
    createdAtMs: row['created_at_ms'] as number,
    updatedAtMs: row['updated_at_ms'] as number,
    type,
    data: type === 'experience' ? experienceFromRow(row) : skillFromRow(row),
  } as Entry;
}

function experienceFromRow(row: SqlRow): ExperienceData {
  const rest = parseJson(row['data']) as Partial<ExperienceData>;
  return {
    section: row['section'] as Section,
    title: row['heading'] as string,
    playbook: row['body'] as string,
    context: rest.context ?? null,
  };
}

function skillFromRow(row: SqlRow): SkillData {
  const rest = parseJson(row['data']) as Partial<SkillData>;
  return {
    name: row['skill_name'] as string,
    description: rest.description ?? '',
    content: row['body'] as string,
    license: rest.license ?? null,
    compatibility: rest.compatibility ?? null,
    metadata: rest.metadata ?? null,
    allowed_tools: rest.allowed_tools ?? null,
    model: rest.model ?? null,
  };
}

function parseJson(cell: SqlRow[string] | undefined): JsonValue {
  return JSON.parse(cell as string) as JsonValue;
}
