import * as z from 'zod';
import type { JsonValue } from '../../core/entry.ts';
import { CONTRACT_LIMITS } from './limits.ts';
import { isStorableText } from './text.ts';

/**
 * Why a JSON value is refused, as the end of a sentence; null when it is fine. Iterative, because a
 * body may hold a million nested lists that recursion cannot walk.
 */
export function jsonProblem(root: unknown): string | null {
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 0 }];
  let nodes = 0;
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    nodes += 1;
    if (nodes > CONTRACT_LIMITS.jsonNodes) return `must hold at most ${CONTRACT_LIMITS.jsonNodes} values`;
    const { value, depth } = item;
    if (typeof value === 'string') {
      if (!isStorableText(value)) return 'must not contain NUL characters or unpaired surrogates';
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value)) return 'must hold finite numbers only';
    } else if (typeof value === 'object' && value !== null) {
      if (depth >= CONTRACT_LIMITS.jsonDepth)
        return `must not be nested deeper than ${CONTRACT_LIMITS.jsonDepth}`;
      const children = childrenOf(value);
      if (children.length > CONTRACT_LIMITS.jsonNodes)
        return `must hold at most ${CONTRACT_LIMITS.jsonNodes} values`;
      for (const child of children) pending.push({ value: child, depth: depth + 1 });
    } else if (value !== null && typeof value !== 'boolean') {
      return 'must be a JSON value';
    }
  }
  return null;
}

const childrenOf = (value: object): readonly unknown[] =>
  Array.isArray(value) ? value : Object.entries(value).flat();

const isPlainObject = (value: unknown): value is { readonly [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checked<T extends JsonValue>(isRightKind: (value: unknown) => boolean, kind: string) {
  return (z.unknown() as z.ZodType<T>).superRefine((value, context) => {
    const problem =
      value === undefined ? 'is required' : isRightKind(value) ? jsonProblem(value) : `must be ${kind}`;
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });
}

export type JsonObject = { readonly [key: string]: JsonValue };

/** A JSON object of bounded depth and size, its texts storable. */
export const jsonObject = checked<JsonObject>(isPlainObject, 'an object').meta({ type: 'object' });

/** The same, or that object as JSON text, as some clients send it; always comes out as the object. */
export const jsonObjectOrText = z
  .preprocess((value) => (typeof value === 'string' ? parseObject(value) : value), jsonObject)
  .meta({ description: 'An object, or the same as JSON text' });

function parseObject(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return raw; // stays text, and is refused as "must be an object"
  }
}

const isTextList = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));

/** `allowed_tools`: one text, or a list of texts; kept as it came. */
export const textOrTextList = checked<string | readonly string[]>(
  isTextList,
  'a text or a list of texts',
).meta({
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
});

/** For answers, where the value is ours. */
export const anyJson = (z.unknown() as z.ZodType<JsonValue>).meta({ description: 'Any JSON value' });
