import process from 'node:process';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TOOL_LISTINGS } from '../../src/mcp/tool-schemas.ts';
import { freshEnvironment, startService, type RunningService } from '../cli/running-service.ts';
import { call, post } from '../mcp/support.ts';
import { requestsOf, type JsonSchema } from './arbitrary-of-schema.ts';
import { ROUTES } from './routes-by-role.ts';

/**
 * Requests made from the contract's own schemas, most of them spoilt in one place, to every route and
 * every tool: no 5xx, no hang, nothing of the inside in an answer. `CHL_FUZZ_SEED` repeats a run,
 * `CHL_FUZZ_RUNS` makes it longer.
 */

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const seed = Number(process.env['CHL_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env['CHL_FUZZ_RUNS'] ?? 15);
process.stdout.write(`property test of routes and tools: CHL_FUZZ_SEED=${seed} CHL_FUZZ_RUNS=${numRuns}\n`);

const HANG_MS = 5_000;
const INSIDE = /node_modules|SQLITE|libsql|SELECT |INSERT |\.[tj]s:\d|\bat \S+ \(|\/tmp\/|file:\/\/|ZodError/;

interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let service: RunningService;
let dispose: () => Promise<void>;
let document: Document;
beforeAll(async () => {
  const fresh = await freshEnvironment({ CHL_EMBEDDER: 'hash' });
  dispose = fresh.dispose;
  service = await startService(fresh.environment);
  document = (await (await fetch(`${service.url}/openapi.json`)).json()) as Document;
});
afterAll(async () => {
  await service?.stop();
  await dispose?.();
});

async function inspect(what: string, response: Response): Promise<string> {
  const text = await response.text();
  expect(response.status, `${what}: ${text.slice(0, 500)}`).toBeLessThan(500);
  if (response.status >= 400) {
    expect(text, what).not.toMatch(INSIDE);
    expect(JSON.parse(text), what).toHaveProperty('error');
  }
  return text;
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

const parameterValues = (operation: Operation, place: string): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(
    Object.fromEntries(
      (operation.parameters ?? [])
        .filter((one) => one.in === place)
        .map((one) => [one.name, requestsOf(one.schema, document)]),
    ),
    place === 'path' ? {} : { requiredKeys: [] },
  );

/** What a header may hold at all; the client refuses the rest before it is sent. */
const asHeader = (value: unknown): string =>
  textOf(value)
    .replaceAll(/[^\x21-\x7e]/g, '')
    .slice(0, 3_000);

const asPath = (value: unknown): string =>
  encodeURIComponent(textOf(value).toWellFormed().slice(0, 500)) || '%20';

describe.each(ROUTES)('$method $path', ({ method, path }) => {
  test('answers whatever is sent', async () => {
    const operation = document.paths[path]![method.toLowerCase()]!;
    const [mediaType, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
    const bodies =
      content === undefined ? fc.constant<unknown>(undefined) : requestsOf(content.schema, document);
    await fc.assert(
      fc.asyncProperty(
        bodies.filter(isNoChangeOfEmbedder(path)),
        parameterValues(operation, 'path'),
        parameterValues(operation, 'query'),
        parameterValues(operation, 'header'),
        async (body, inPath, inQuery, inHeaders) => {
          const address = new URL(
            path.replaceAll(/\{(\w+)\}/g, (_, name: string) => asPath(inPath[name])),
            service.url,
          );
          for (const [name, value] of Object.entries(inQuery))
            address.searchParams.set(name, textOf(value).toWellFormed().slice(0, 2_000));
          const headers = new Headers(
            Object.entries(inHeaders).map(([name, value]): [string, string] => [name, asHeader(value)]),
          );
          if (mediaType !== undefined) headers.set('Content-Type', mediaType);
          const response = await fetch(address, {
            method,
            headers,
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            signal: AbortSignal.timeout(HANG_MS),
          });
          await inspect(`${method} ${address.pathname}`, response);
        },
      ),
      { seed, numRuns },
    );
  });
});

/** A well-formed wish for another embedder would be granted: models would be loaded, or fetched. */
const isNoChangeOfEmbedder =
  (path: string) =>
  (body: unknown): boolean =>
    path !== '/admin/reembed' || typeof body !== 'object' || body === null || Array.isArray(body)
      ? true
      : !['openai', 'transformers', 'hash', undefined].includes((body as { to?: string }).to);

describe.each(TOOL_LISTINGS)('MCP tool $name', ({ name, inputSchema }) => {
  test('answers whatever is sent, with a result that is one', async () => {
    await fc.assert(
      fc.asyncProperty(requestsOf(inputSchema as JsonSchema, inputSchema), async (args) => {
        const response = await post(
          service.url,
          call(1, name, args as Record<string, unknown>),
          {},
          AbortSignal.timeout(HANG_MS),
        );
        const text = await inspect(name, response);
        const { result, error } = JSON.parse(text) as {
          result?: { isError?: boolean; structuredContent: { error?: { code: string } } };
          error?: { code: number };
        };
        // Arguments that are no object are a mistake of the protocol, not of the tool.
        if (error !== undefined) expect([-32600, -32602, -32700]).toContain(error.code);
        if (result?.isError !== true) return;
        expect(text).not.toMatch(INSIDE);
        expect(result.structuredContent.error?.code).not.toBe('INTERNAL');
      }),
      { seed, numRuns: numRuns * 3 },
    );
  });
});
