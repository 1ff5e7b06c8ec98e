import type { Context, Hono } from 'hono';
import { ChlError } from '../core/errors.ts';
import type { Clock } from '../core/ports/runtime.ts';
import { parseRequest } from '../service/contract/errors.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { readJson, type JsonLimits } from './body/read-json.ts';
import { Answer, type Endpoint } from './endpoint.ts';
import { errorResponse } from './errors.ts';
import { requestContext } from './request-headers.ts';
import type { HttpEnv } from './http-env.ts';

interface MountOptions {
  readonly authenticator: Authenticator;
  readonly bodyLimits: JsonLimits;
  /** Longest JSON answer. */
  readonly responseBytes: number;
  /** Of a replica: how long ago its index had all that was committed, at this moment. */
  readonly stalenessMs: () => number | null;
  readonly clock: Clock;
}

/** Serves the endpoints, each path with and without its trailing slash; any other method there is 405. */
export function mount(app: Hono<HttpEnv>, endpoints: readonly Endpoint[], options: MountOptions): void {
  const paths = new Map<string, Endpoint[]>();
  // Parameters last, so that `/entries/{id}` does not answer for `/entries/read`.
  for (const endpoint of endpoints.toSorted(
    (a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')),
  )) {
    const path = honoPath(endpoint.path);
    paths.set(path, [...(paths.get(path) ?? []), endpoint]);
  }
  for (const [path, atPath] of paths) {
    const forms = path === '/' ? ['/'] : [path, `${path}/`];
    for (const endpoint of atPath) {
      app.on(endpoint.method.toUpperCase(), forms, (c) => serve(endpoint, c, options));
    }
    const allowed = atPath.flatMap((endpoint) => (endpoint.method === 'get' ? ['GET', 'HEAD'] : ['POST']));
    for (const form of forms)
      app.all(form, (c) => methodNotAllowed(c.req.method, allowed, c.get('requestId')));
  }
}

function methodNotAllowed(method: string, allowed: readonly string[], requestId: string): Response {
  const error = new ChlError(
    'METHOD_NOT_ALLOWED',
    `${method} is not possible here; use ${allowed.join(' or ')}.`,
  );
  const response = errorResponse(error, requestId);
  response.headers.set('Allow', allowed.join(', '));
  return response;
}

/** `/a/{id}/` → `/a/:id` */
const honoPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1').replace(/(.)\/$/, '$1');

async function serve(endpoint: Endpoint, c: Context<HttpEnv>, options: MountOptions): Promise<Response> {
  if (endpoint.role !== 'read') return answer(endpoint, c, options);
  // As of the beginning: what reaches the index meanwhile is not in every part of the answer.
  const stalenessMs = options.stalenessMs();
  const startMs = options.clock.monotonicMs();
  const response = await answer(endpoint, c, options);
  if (stalenessMs !== null) {
    const elapsedMs = options.clock.monotonicMs() - startMs;
    response.headers.set('X-CHL-Staleness-Ms', String(Math.ceil(stalenessMs + elapsedMs)));
  }
  return response;
}

async function answer(endpoint: Endpoint, c: Context<HttpEnv>, options: MountOptions): Promise<Response> {
  const request = c.req.raw;
  const caller =
    endpoint.role === 'public'
      ? 'public'
      : (await options.authenticator.authorise(request.headers, endpoint.role)).name;
  c.set('caller', caller);
  const result = await endpoint.handle({
    params: endpoint.params === undefined ? undefined : parseRequest(endpoint.params, c.req.param()),
    query: endpoint.query === undefined ? undefined : parseRequest(endpoint.query, queryOf(request)),
    context: requestContext(request, caller),
    body:
      endpoint.body === undefined
        ? undefined
        : parseRequest(endpoint.body, await readJson(request, options.bodyLimits)),
    request,
    requestId: c.get('requestId'),
  });
  if (result instanceof Response) return result;
  if (result instanceof Answer) {
    const { status, body } = result as Answer<unknown>;
    return jsonResponse(status, body, options.responseBytes);
  }
  return jsonResponse(Number(Object.keys(endpoint.answers)[0]), result, options.responseBytes);
}

const queryOf = ({ url }: Request): Record<string, string> => Object.fromEntries(new URL(url).searchParams);

/** @throws INVALID_ARGUMENT when the answer would be longer than anybody should be sent */
function jsonResponse(status: number, body: unknown, maxBytes: number): Response {
  const text = JSON.stringify(body);
  // A code unit is at most three bytes of UTF-8: the exact length is asked for only where it matters.
  if (text.length * 3 > maxBytes && new TextEncoder().encode(text).byteLength > maxBytes) {
    throw new ChlError('INVALID_ARGUMENT', `The answer would be longer than ${maxBytes} bytes.`, {
      hint: 'Ask for fewer entries with limit, for previews, or take export.ndjson.',
    });
  }
  return new Response(text, { status, headers: { 'Content-Type': 'application/json' } });
}
