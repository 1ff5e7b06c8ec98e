import { typeOf } from './json-schema.mjs';

const INTRODUCTION = `# HTTP interface

Made by \`npm run docs\` from \`openapi.json\`, which is made from the schemas that requests are checked with. A running
service serves the same at \`/openapi.json\`, and to try out at \`/docs\`.

- JSON in and out, UTF-8; times are ISO 8601 UTC. Every path works with and without the trailing slash.
- A key goes in \`Authorization: Bearer <key>\` or \`X-API-Key: <key>\`. Without keys the service listens on loopback only,
  and whoever reaches it may do anything.
- Every failure is \`{"detail", "error": {"code", "message", "hint", "retryable"}, "request_id"}\`. Where \`retryable\` is
  true, the same request may be sent again; a write with the same \`Idempotency-Key\` is then stored once.
`;

/** @param {{paths: object, components: object}} document OpenAPI 3.1 @returns {string} Markdown */
export function httpApiPage(document) {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );
  const tags = [...new Set(operations.flatMap(({ tags: [tag] }) => tag))];
  const sections = tags.map((tag) => {
    const ofTag = operations.filter((operation) => operation.tags[0] === tag);
    return `## ${tag}\n\n${ofTag.map(operationSection).join('\n')}`;
  });
  return [INTRODUCTION, ...sections].join('\n');
}

function operationSection({ method, path, summary, security, parameters, requestBody, responses }) {
  const access = security.length === 0 ? 'No key is needed.' : 'A key is needed, where keys are configured.';
  const parts = [`### ${method.toUpperCase()} ${path}\n`, `${summary}. ${access}\n`];
  if (parameters.length > 0) {
    parts.push(
      list(
        parameters.map(
          ({ name, in: place, required, description, schema }) =>
            `\`${name}\` (${place}${required ? '' : ', optional'}): ${typeOf(schema)}${described(description)}`,
        ),
      ),
    );
  }
  for (const [mediaType, { schema }] of Object.entries(requestBody?.content ?? {}))
    parts.push(`Body, ${mediaType}:\n`, fields(schema));
  for (const [status, { description, content }] of Object.entries(responses)) {
    if (status === 'default') continue;
    const [[mediaType, { schema }]] = Object.entries(content);
    parts.push(`Answer ${status}, ${mediaType}${described(description)}:\n`, fields(schema));
  }
  return parts.join('\n');
}

/** An object's fields one a line; the alternatives of a union one after another; anything else as its type. */
function fields(schema) {
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants !== undefined) return variants.map(fields).join('\nor\n\n');
  if (schema.properties === undefined) return list([typeOf(schema) + described(schema.description)]);
  return list(fieldLines(schema, '', DEPTH_MAX));
}

/** Objects inside are told under their path: `data.title`, `results[].score`. */
const DEPTH_MAX = 2;

function fieldLines({ properties, required = [] }, prefix, depth) {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const optional = required.includes(name) ? '' : ' (optional)';
    const own = `\`${path}\`${optional}: ${typeOf(field)}${described(field.description)}`;
    const [inner, suffix] = field.type === 'array' ? [field.items, '[].'] : [field, '.'];
    const isTold = depth > 1 && inner?.properties !== undefined;
    return isTold ? [own, ...fieldLines(inner, path + suffix, depth - 1)] : [own];
  });
}

const list = (lines) => `${lines.map((line) => `- ${line}`).join('\n')}\n`;

const described = (description) => (description ? `; ${description.replaceAll('\n', ' ')}` : '');
