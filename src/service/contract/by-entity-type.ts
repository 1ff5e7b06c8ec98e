import * as z from 'zod';
import { entityTypeProblem } from './entities.ts';

interface TypedSchemas<Experience extends z.ZodType, Skill extends z.ZodType, Key extends string> {
  readonly field: Key;
  readonly experience: Experience;
  readonly skill: Skill;
}

/**
 * A request whose field `field` is read by `entity_type`: `data` of a write, `updates` of an update.
 * A union tagged by the type, so OpenAPI and TypeScript both know which fields go together.
 */
export function byEntityType<
  Experience extends z.ZodType,
  Skill extends z.ZodType,
  Key extends string,
  Common extends z.ZodRawShape,
>(schemas: TypedSchemas<Experience, Skill, Key>, common: Common) {
  const experience = z.object({
    entity_type: z.literal('experience'),
    ...({ [schemas.field]: schemas.experience } as Record<Key, Experience>),
    ...common,
  });
  const skill = z.object({
    entity_type: z.literal('skill'),
    ...({ [schemas.field]: schemas.skill } as Record<Key, Skill>),
    ...common,
  });
  return z.discriminatedUnion('entity_type', [experience, skill], {
    error: (issue) => (isRecord(issue.input) ? entityTypeProblem(issue.input['entity_type']) : undefined),
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
