import type { Entry, EntryData, ExperienceData, SkillData } from '../core/entry.ts';
import { ChlError } from '../core/errors.ts';
import { contextProblem, type ExperienceInput, type SkillInput } from './contract/entities.ts';
import type { ImportLine, UpdateRequest, WriteRequest } from './contract/write.ts';

/** What an entry says, with its labels: what a write brings and an update changes. */
export interface EntryContent {
  readonly data: EntryData;
  readonly tags: readonly string[];
  readonly ref: string | null;
}

/** `tags` and `ref` beside `data` win over those in it. */
export function contentOf(request: WriteRequest | ImportLine): EntryContent {
  const data = request.entity_type === 'experience' ? experienceOf(request.data) : skillOf(request.data);
  return {
    data,
    tags: request.tags ?? request.data.tags ?? [],
    ref: request.ref ?? request.data.ref ?? null,
  };
}

const experienceOf = ({ section, title, playbook, context }: ExperienceInput): ExperienceData => ({
  section,
  title,
  playbook,
  context: context ?? null,
});

const skillOf = (input: SkillInput): SkillData => ({
  name: input.name,
  description: input.description,
  content: input.content,
  license: input.license ?? null,
  compatibility: input.compatibility ?? null,
  metadata: input.metadata ?? null,
  allowed_tools: input.allowed_tools ?? null,
  model: input.model ?? null,
});

/**
 * The entry's content after the update: fields it names take its values, the others stay.
 * @throws INVALID_ARGUMENT when the result would be a contextual experience without a context
 */
export function mergeUpdates(current: Entry, { updates }: UpdateRequest): EntryContent {
  const { tags, ref, ...changed } = updates;
  const data = { ...current.data, ...changed } as EntryData; // both are of the request's entity type
  if (current.type === 'experience') {
    const { section, context } = data as ExperienceData;
    const problem = contextProblem(section, context);
    if (problem !== null) throw new ChlError('INVALID_ARGUMENT', `updates.context ${problem}.`);
  }
  return { data, tags: tags ?? current.tags, ref: ref === undefined ? current.ref : ref };
}
