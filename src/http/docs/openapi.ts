import * as z from 'zod';
import { errorBody } from '../../service/contract/errors.ts';
import type { Content, Endpoint } from '../endpoint.ts';

/** An OpenAPI 3.1 document; its schemas are JSON Schema 2020-12, which is what zod writes. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, unknown>>;
}

type JsonSchema = Readonly<Record<string, unknown>>;
type MediaTypes = Readonly<Record<string, { readonly schema: JsonSchema }>>;

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly JsonSchema[];
  readonly requestBody?: { readonly required: true; readonly content: MediaTypes };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content: MediaTypes; readonly headers?: JsonSchema }
    >
  >;
}

/** Describes the endpoints by the very schemas that requests are checked with. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const endpoint of endpoints) (paths[endpoint.path] ??= {})[endpoint.method] = operation(endpoint);
  return {
    openapi: '3.1.0',
    info: {
      title: 'CHL',
      version,
      description: 'One shared memory for coding agents: write what worked, and every client finds it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Error: jsonSchema(errorBody) },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  };
}

/** The document as text, for any address that the same endpoints are served under; made when first asked for. */
export function apiDescription(
  endpoints: readonly Endpoint[],
  version: string,
): (basePath: string) => string {
  let document: OpenApiDocument | null = null;
  return (basePath) => {
    document ??= openApiDocument(endpoints, version);
    return JSON.stringify({ ...document, servers: [{ url: basePath || '/' }] });
  };
}

const ERROR_ANSWER = {
  description: 'Any failure; `error.code` says which',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

function operation(endpoint: Endpoint): Operation {
  const body = endpoint.streams ?? (endpoint.body && { schema: endpoint.body, description: '' });
  const responses: Record<string, { description: string; content: MediaTypes; headers?: JsonSchema }> = {
    default: ERROR_ANSWER,
  };
  for (const [status, content] of Object.entries(endpoint.answers)) {
    responses[status] = {
      description: content.description,
      content: mediaTypes(content),
      ...(endpoint.role === 'read' ? { headers: READ_ANSWER_HEADERS } : {}),
    };
  }
  return {
    operationId: operationId(endpoint),
    tags: [endpoint.tag],
    summary: endpoint.summary,
    // Where no keys are configured none is needed: hence the empty alternative.
    security: endpoint.role === 'public' ? [] : [{ bearer: [] }, { apiKey: [] }, {}],
    parameters: [
      ...parameters('path', endpoint.params),
      ...parameters('query', endpoint.query),
      ...parameters('header', headersOf(endpoint)),
    ],
    ...(body === undefined ? {} : { requestBody: { required: true, content: mediaTypes(body) } }),
    responses,
  };
}

const mediaTypes = (content: Content): MediaTypes => ({
  [content.mediaType ?? 'application/json']: { schema: jsonSchema(content.schema) },
});

/** What goes over the wire: the input side, before defaults and transformations. */
function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}

function parameters(place: 'path' | 'query' | 'header', schema: z.ZodObject | undefined): JsonSchema[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, ...described } = jsonSchema(field as z.ZodType);
    const required = place === 'path' || !(field as z.ZodType).safeParse(undefined).success;
    return {
      name,
      in: place,
      required,
      ...(description === undefined ? {} : { description }),
      schema: described,
    };
  });
}

const READ_ANSWER_HEADERS = {
  'X-CHL-Staleness-Ms': {
    description:
      'Where several services share a database: whatever was committed longer ago than this is in the answer',
    schema: { type: 'integer', minimum: 0 },
  },
};

const sessionHeader = {
  'X-CHL-Session': z.string().max(200).optional().describe('Whose viewed entries count'),
};
const readHeaders = z.object({
  ...sessionHeader,
  'X-CHL-Min-Seq': z.string().optional().describe('epoch:seq of a write: the answer has considered it'),
});
const writeHeaders = z.object({
  ...sessionHeader,
  'Idempotency-Key': z.string().max(200).optional().describe('The same key and body: the first answer again'),
  'If-Match': z.string().optional().describe('The version the entry must be at, else 412'),
});

function headersOf(endpoint: Endpoint): z.ZodObject | undefined {
  if (endpoint.role === 'read') return readHeaders;
  return endpoint.role === 'write' ? writeHeaders : undefined;
}

/** `post /api/v1/entries/read` → `postEntriesRead`: what generated clients call it. */
function operationId({ method, path }: Endpoint): string {
  const words = path
    .replace('/api/v1', '')
    .split(/[^A-Za-z]+/)
    .filter((word) => word !== '');
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}
