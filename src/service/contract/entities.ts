import * as z from 'zod';
import { ENTITY_TYPES, SECTIONS } from '../../core/entry.ts';
import { jsonObject, jsonObjectOrText, textOrTextList } from './json-value.ts';
import { CONTRACT_LIMITS } from './limits.ts';
import { patternedText, text } from './text.ts';

const MANUAL_IS_SKILL = 'must be "experience" or "skill": "manual" is now "skill"';

/** The message for an entity type that is none: `manual` was renamed, and old clients deserve to hear it. */
export const entityTypeProblem = (value: unknown): string =>
  value === undefined || value === null
    ? 'is required: "experience" or "skill"'
    : value === 'manual'
      ? MANUAL_IS_SKILL
      : 'must be "experience" or "skill"';

export const entityType = z
  .enum(ENTITY_TYPES, { error: (issue) => entityTypeProblem(issue.input) })
  .meta({ description: 'What kind of entry', examples: ['experience'] });

export const section = z.enum(SECTIONS).meta({
  description: 'useful: do this; harmful: avoid this; contextual: right under the conditions in `context`',
});

const title = text({ max: CONTRACT_LIMITS.titleChars }).meta({
  description: 'What it is about, in one line',
  examples: ['Retry uploads with the same Idempotency-Key'],
});
const playbook = text({ max: CONTRACT_LIMITS.playbookChars }).meta({
  description: 'What to do, step by step',
  examples: [
    'Keep the key of the first attempt. On 503 wait for Retry-After, then send the same body again.',
  ],
});
const context = jsonObject
  .nullable()
  .meta({ description: 'When a contextual experience applies', examples: [{ framework: 'hono' }] });

const skillName = patternedText(
  CONTRACT_LIMITS.skillNameChars,
  /^[a-z0-9]+(-[a-z0-9]+)*$/,
  'lowercase kebab-case, such as review-pull-request',
).meta({ description: 'Unique, lowercase kebab-case', examples: ['review-pull-request'] });
const description = text({ max: CONTRACT_LIMITS.skillDescriptionChars }).meta({
  description: 'What the skill does and when to use it',
});
const content = text().meta({ description: 'The skill itself, Markdown' });
const shortField = text({ max: CONTRACT_LIMITS.skillFieldChars }).nullable();
const metadata = jsonObjectOrText.nullable();
const allowedTools = textOrTextList.nullable();

export const tags = z
  .array(text({ max: CONTRACT_LIMITS.tagChars }))
  .max(CONTRACT_LIMITS.tagsCount)
  .transform((list) => [...new Set(list)])
  .meta({ description: 'Free labels; a search may ask for all of several', examples: [['retry', 'http']] });
export const ref = text({ max: CONTRACT_LIMITS.refChars }).nullable().meta({
  description: 'Unique id in the system it came from; an import with a known ref updates the entry',
});

/** `tags` and `ref` may stand in `data` or beside it; beside it wins. */
const ours = { tags: tags.nullish(), ref: ref.optional() };

export const experienceData = z
  .object({ section, title, playbook, context: context.optional(), ...ours })
  .superRefine((data, issues) => {
    const problem = contextProblem(data.section, data.context ?? null);
    if (problem !== null) issues.addIssue({ code: 'custom', path: ['context'], message: problem });
  })
  .meta({ description: 'What an experience says' });

export const skillData = z
  .object({
    name: skillName,
    description,
    content,
    license: shortField.optional(),
    compatibility: shortField.optional(),
    metadata: metadata.optional(),
    allowed_tools: allowedTools.optional(),
    model: shortField.optional(),
    ...ours,
  })
  .meta({ description: 'What a skill says' });

/** A contextual experience without its context could not be followed. Also checked after an update is merged. */
export function contextProblem(ofSection: string, given: object | null): string | null {
  if (ofSection !== 'contextual') return null;
  return given !== null && Object.keys(given).length > 0
    ? null
    : 'must be a non-empty object when section is "contextual"';
}

const updatesOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .strictObject(shape)
    .partial()
    .refine((given) => Object.keys(given).length > 0, 'must name at least one field to change');

export const experienceUpdates = updatesOf({ section, title, playbook, context, tags, ref });
export const skillUpdates = updatesOf({
  name: skillName,
  description,
  content,
  license: shortField,
  compatibility: shortField,
  metadata,
  allowed_tools: allowedTools,
  model: shortField,
  tags,
  ref,
});

export type ExperienceInput = z.infer<typeof experienceData>;
export type SkillInput = z.infer<typeof skillData>;
