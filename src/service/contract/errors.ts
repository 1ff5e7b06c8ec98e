import * as z from 'zod';
import { ChlError, ERROR_CODES } from '../../core/errors.ts';

export const errorBody = z
  .object({
    detail: z.string().meta({ description: 'One clear sentence; what CHL clients read' }),
    error: z.object({
      code: z.enum(ERROR_CODES),
      message: z.string(),
      hint: z.string().optional(),
      retryable: z.boolean(),
    }),
    request_id: z.string(),
  })
  .meta({
    description: 'Any failure',
    examples: [
      {
        detail: 'data.title must be at most 120 characters.',
        error: {
          code: 'INVALID_ARGUMENT',
          message: 'data.title must be at most 120 characters.',
          retryable: false,
        },
        request_id: '0f9d7c3a',
      },
    ],
  });
export type ErrorBody = z.infer<typeof errorBody>;

/** @throws INVALID_ARGUMENT naming the field */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw invalidRequest(parsed.error);
  return parsed.data;
}

const OTHER_PROBLEMS_SHOWN = 4;

/** The first problem is the message; the next few are the hint, so that one round trip is enough to fix them. */
export function invalidRequest(error: z.ZodError): ChlError {
  const [first, ...others] = error.issues.map(issueSentence);
  const hint = others.slice(0, OTHER_PROBLEMS_SHOWN).join(' ');
  return new ChlError(
    'INVALID_ARGUMENT',
    first ?? 'The request is not valid.',
    hint === '' ? {} : { hint: `Also: ${hint}` },
  );
}

type Issue = z.core.$ZodIssue;

export function issueSentence(issue: Issue): string {
  return `${fieldName(issue.path)} ${predicate(issue)}.`;
}

const fieldName = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? 'The request body'
    : path.reduce<string>(
        (name, part) =>
          typeof part === 'number'
            ? `${name}[${part}]`
            : name === ''
              ? String(part)
              : `${name}.${String(part)}`,
        '',
      );

/** What is wrong, as the end of a sentence. Schemas' own messages are written that way already. */
function predicate(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.endsWith('received undefined')) return 'is required';
      return ownMessage(issue.message) ?? `must be ${typeName(issue.expected)}`;
    case 'too_big':
      return `must be at most ${String(issue.maximum)}${unit(issue.origin)}`;
    case 'too_small':
      return `must be at least ${String(issue.minimum)}${unit(issue.origin)}`;
    case 'invalid_value':
      return (
        ownMessage(issue.message) ??
        `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
      );
    case 'unrecognized_keys':
      return `must not hold ${issue.keys.slice(0, OTHER_PROBLEMS_SHOWN).map(shownKey).join(', ')}, which cannot be changed`;
    case 'invalid_union':
      return ownMessage(issue.message) ?? 'is of the wrong type';
    default:
      return issue.message;
  }
}

/** zod's own messages start with an upper-case letter, the schemas' with a verb. */
const ownMessage = (message: string): string | null => (/^(must|is)\b/.test(message) ? message : null);

const KEY_CHARS_SHOWN = 64;
const shownKey = (key: string): string =>
  JSON.stringify(key.length > KEY_CHARS_SHOWN ? `${key.slice(0, KEY_CHARS_SHOWN)}…` : key);

const typeName = (expected: string): string => {
  switch (expected) {
    case 'string':
      return 'a text';
    case 'int':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
    case 'record':
      return 'an object';
    default:
      return `of type ${expected}`;
  }
};

const unit = (origin: string): string =>
  origin === 'string' ? ' characters' : origin === 'array' ? ' items' : '';
