import * as fc from 'fast-check';

/** As much of JSON Schema as the contract's zod schemas are written in. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

type Json = unknown;

/** Texts that have broken parsers, databases, shells, logs and pages. */
const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\uD800',
  '\uDC00x',
  '\u2028\u2029\uFEFF',
  '"; DROP TABLE entries; --',
  "' OR 1=1 --",
  'NEAR("a" "b", 3) AND title:* OR ^x',
  '{"a":',
  '[[[[',
  '__proto__',
  '${jndi:ldap://x}',
  '../../../../etc/passwd',
  '<script>alert(1)</script>',
  '%00%0d%0aSet-Cookie: a=b',
  '💥'.repeat(300),
  'x'.repeat(100_000),
];

const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(...HOSTILE_TEXTS),
  fc.constantFrom<Json>(null, true, 0, -1, 1e9, 1e308, -0.5, Number.MAX_SAFE_INTEGER, [], {}, [[]], [null]),
  fc.constant(null).map(() => nested(30)),
  fc.constant(null).map(() => JSON.parse('{"__proto__": {"admin": true}, "constructor": {}}') as Json),
  fc.jsonValue({ maxDepth: 3 }),
);

function nested(depth: number): Json {
  let value: Json = 'x';
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Values that fit the schema as far as it can be said, and most of them with something wrong in them. */
export function requestsOf(schema: JsonSchema, document: object): fc.Arbitrary<Json> {
  const fitting = valuesOf(schema, document, 0);
  return fc.oneof(
    { arbitrary: fitting, weight: 3 },
    {
      arbitrary: fc.tuple(fitting, fc.nat(), hostileValue).map(([value, at, bad]) => spoilt(value, at, bad)),
      weight: 6,
    },
    { arbitrary: hostileValue, weight: 1 },
  );
}

function valuesOf(schema: JsonSchema, document: object, depth: number): fc.Arbitrary<Json> {
  if (schema.$ref !== undefined) return valuesOf(resolve(schema.$ref, document), document, depth + 1);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (
    choices !== undefined &&
    choices.some(
      (one) =>
        one.type !== undefined ||
        one.$ref !== undefined ||
        one.oneOf ||
        one.anyOf ||
        one.const !== undefined ||
        one.enum,
    )
  )
    return fc.oneof(...choices.map((one) => valuesOf(one, document, depth + 1)));
  if (depth > 8) return fc.constant(null);
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  switch (type) {
    case 'object':
      return objectsOf(schema, document, depth);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, document, depth + 1), {
        minLength: schema.minItems ?? 0,
        maxLength: 4,
      });
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? -5, -1e9),
        max: Math.min(schema.maximum ?? 50, 1e9),
      });
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return textsOf(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** Words that occur in the contract are likelier to get past the first check than random ones. */
const textsOf = ({ minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom('TST', 'EXP-TST-1', 'seed of a test', 'a-skill', 'generator'),
    fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)), unit: 'grapheme' }),
  );

function objectsOf(schema: JsonSchema, document: object, depth: number): fc.Arbitrary<Json> {
  const properties = Object.entries(schema.properties ?? {});
  const model = Object.fromEntries(
    properties.map(([name, one]) => [name, valuesOf(one, document, depth + 1)]),
  );
  return fc.record(model, { requiredKeys: [...(schema.required ?? [])].filter((name) => name in model) });
}

function resolve(ref: string, document: object): JsonSchema {
  const found = ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], document);
  return found as JsonSchema;
}

/** One place of the value, chosen by `at`, replaced by what does not belong there. */
function spoilt(value: Json, at: number, bad: Json): Json {
  if (typeof value !== 'object' || value === null) return bad;
  const keys = Object.keys(value);
  if (keys.length === 0 || at % 7 === 0) return bad;
  const key = keys[at % keys.length]!;
  const copy: Record<string, Json> = Array.isArray(value) ? ([...value] as never) : { ...value };
  copy[key] = spoilt(copy[key], Math.floor(at / keys.length), bad);
  return copy;
}
