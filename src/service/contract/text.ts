import * as z from 'zod';
import { CONTRACT_LIMITS } from './limits.ts';

/**
 * NUL (SQLite cuts text there) and surrogates without their other half (they do not survive UTF-8).
 * In `u` mode a proper pair is one code point, so `\p{Surrogate}` finds lone ones only.
 */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

export const isStorableText = (value: string): boolean => !UNSTORABLE.test(value);

/** Whether `value` has more than `max` code points, without walking texts that are short enough in UTF-16. */
export function isLongerThan(value: string, max: number): boolean {
  if (value.length <= max) return false;
  if (value.length > 2 * max) return true;
  let count = 0;
  for (const _ of value) count += 1;
  return count > max;
}

/** Why a text is refused, as the end of a sentence that starts with its field; null when it is fine. */
export function textProblem(
  value: string,
  bounds: { readonly min: number; readonly max?: number },
): string | null {
  if (!isStorableText(value)) return 'must not contain NUL characters or unpaired surrogates';
  if (bounds.min > 0 && value.trim() === '') return 'must not be empty or blank';
  if (bounds.max !== undefined && isLongerThan(value, bounds.max))
    return `must be at most ${bounds.max} characters`;
  return null;
}

/** User text: storable, not blank unless `min` is 0, at most `max` code points (as JSON Schema counts). */
export function text(bounds: { readonly min?: 0 | 1; readonly max?: number } = {}) {
  const min = bounds.min ?? 1;
  const limits = bounds.max === undefined ? { min } : { min, max: bounds.max };
  return z
    .string()
    .superRefine((value, context) => {
      const problem = textProblem(value, limits);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    })
    .meta({ minLength: min, ...(bounds.max === undefined ? {} : { maxLength: bounds.max }) });
}

/** A text that must also look like something; `shape` ends the sentence "<field> must be …". */
export function patternedText(max: number, pattern: RegExp, shape: string) {
  return z
    .string()
    .superRefine((value, context) => {
      const problem =
        textProblem(value, { min: 1, max }) ?? (pattern.test(value) ? null : `must be ${shape}`);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    })
    .meta({ minLength: 1, maxLength: max, pattern: pattern.source });
}

/** Optional on the wire, where clients also send null for "not given"; `value` otherwise. */
export function withDefault<Schema extends z.ZodType>(schema: Schema, value: z.output<Schema>) {
  return schema
    .nullish()
    .transform((given): z.output<Schema> => (given === null || given === undefined ? value : given))
    .meta({ description: withDefaultSaid(schema.description, value) });
}

/** JSON Schema has a `default`, but zod leaves it out where a value is transformed on its way in. */
const withDefaultSaid = (description: string | undefined, value: unknown): string =>
  `${description === undefined ? '' : `${description}. `}Default: ${JSON.stringify(value)}`;

/** An integer in a query string. */
export function queryInteger(options: {
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}) {
  const message = `must be a whole number from ${options.min} to ${options.max}`;
  return z
    .string()
    .refine(
      (raw) => /^\d{1,16}$/.test(raw) && Number(raw) >= options.min && Number(raw) <= options.max,
      message,
    )
    .optional()
    .transform((raw) => (raw === undefined ? options.fallback : Number(raw)))
    .meta({
      type: 'integer',
      minimum: options.min,
      maximum: options.max,
      description: withDefaultSaid(undefined, options.fallback),
    });
}

export const queryFlag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .optional()
    .transform((raw) => (raw === undefined ? fallback : raw === 'true' || raw === '1'))
    .meta({ description: withDefaultSaid(undefined, fallback) });

const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** An ISO 8601 date (midnight UTC) or date and time with an offset; parsed to milliseconds since the epoch. */
export const dateBound = z
  .string()
  .refine(
    (raw) => (DATE_ONLY.test(raw) || DATE_TIME.test(raw)) && Number.isFinite(Date.parse(raw)),
    'must be an ISO 8601 date or date-time with an offset',
  )
  .transform((raw) => Date.parse(raw))
  .meta({ description: 'ISO 8601, UTC or with an offset', examples: ['2026-01-31T00:00:00Z'] });

export const timestamp = z
  .string()
  .meta({ description: 'ISO 8601, UTC', examples: ['2026-01-31T12:00:00.000Z'] });

export const categoryCode = patternedText(
  CONTRACT_LIMITS.categoryCodeChars,
  /^[A-Z][A-Z0-9_]*$/,
  'upper-case letters, digits and underscores, starting with a letter',
).meta({ description: "A category's code", examples: ['API'] });

export const entryId = text({ max: CONTRACT_LIMITS.idChars }).meta({
  description: "An entry's id",
  examples: ['EXP-API-20260131120000-4f9a1c7e2b'],
});

export const sessionId = text({ max: CONTRACT_LIMITS.sessionChars }).meta({
  description: 'Whose viewed and cited entries count; the X-CHL-Session header says the same',
});

export const snippetLength = withDefault(
  z
    .int()
    .min(CONTRACT_LIMITS.snippetCharsMin)
    .max(CONTRACT_LIMITS.snippetCharsMax)
    .meta({ description: 'Length of previews and snippets, characters' }),
  320,
);
