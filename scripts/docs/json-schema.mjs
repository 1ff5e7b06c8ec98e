/** A JSON schema in a few words: `string, 1–120`, `"useful" | "harmful"`, `list of object {id, score}`. */
export function typeOf(schema) {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(JSON.stringify(value))).join(' or ');
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(' or ');
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  switch (schema.type) {
    case 'string':
      return `string${range(schema.minLength, schema.maxLength)}`;
    case 'integer':
    case 'number':
      return `${schema.type}${range(bound(schema.minimum), bound(schema.maximum))}`;
    case 'array':
      return `list of ${typeOf(schema.items ?? {})}${range(schema.minItems, schema.maxItems)}`;
    case 'object':
      return objectType(schema);
    case undefined:
      return 'any value';
    default:
      return schema.type;
  }
}

function objectType({ properties }) {
  return properties === undefined ? 'object' : `object {${Object.keys(properties).join(', ')}}`;
}

const code = (text) => `\`${text}\``;

/** JavaScript's largest safe integer is no bound that anybody meant. */
const bound = (value) => (Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value);

function range(min, max) {
  if (min === undefined && max === undefined) return '';
  if (max === undefined) return `, at least ${min}`;
  return min === undefined || min === 0 ? `, at most ${max}` : `, ${min}–${max}`;
}
