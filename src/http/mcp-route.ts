import type { Context, Hono } from 'hono';
import { toChlError, type ChlError } from '../core/errors.ts';
import type { Role } from '../service/roles.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { readJson, type JsonLimits } from './body/read-json.ts';
import type { HttpEnv } from './http-env.ts';
import { requestContext } from './request-headers.ts';

/** `src/mcp` behind a function, since one transport does not import another. */
export type McpEndpoint = (request: Request, body: unknown, peer: McpCaller) => Promise<Response>;

export interface McpCaller {
  readonly caller: string;
  readonly role: Role;
  readonly id: string;
  readonly sessionId: string | null;
  readonly minSeq: string | null;
  readonly requestId: string;
  readonly signal: AbortSignal | null;
}

interface McpRouteOptions {
  readonly authenticator: Authenticator;
  readonly bodyLimits: JsonLimits;
}

/** `/mcp`: the same keys, origin check and body bounds as the REST routes. */
export function mcpRoute(app: Hono<HttpEnv>, mcp: McpEndpoint, options: McpRouteOptions): void {
  const handle = async (c: Context<HttpEnv>): Promise<Response> => {
    const request = c.req.raw;
    const principal = await options.authenticator.authorise(request.headers, 'read');
    c.set('caller', principal.name);
    let body: unknown = null;
    try {
      if (request.method === 'POST') body = await readJson(request, options.bodyLimits);
    } catch (thrown) {
      const error = toChlError(thrown);
      if (error.code !== 'INVALID_ARGUMENT') throw error;
      return parseError(error);
    }
    const { sessionId, minSeq, signal } = requestContext(request, principal.name);
    const software = request.headers.get('User-Agent') ?? '';
    return mcp(request, body, {
      caller: principal.name,
      role: principal.role,
      id: JSON.stringify([principal.name, c.env?.remoteAddress ?? null, software]),
      sessionId,
      minSeq,
      requestId: c.get('requestId'),
      signal,
    });
  };
  for (const path of ['/mcp', '/mcp/']) app.all(path, handle);
}

/** As JSON-RPC says it; which request it was cannot be known. */
const parseError = ({ code, message }: ChlError): Response =>
  Response.json(
    { jsonrpc: '2.0', error: { code: -32700, message, data: { code } }, id: null },
    { status: 400 },
  );
