import type { Hono } from 'hono';
import type { Role } from '../service/roles.ts';
import type { Authenticator } from './auth/authenticator.ts';
import type { BodyLimits } from './body/byte-stream.ts';
import { readJson } from './body/read-json.ts';
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
  readonly bodyLimits: BodyLimits;
}

/** `/mcp`: the same keys, origin check and body bounds as the REST routes. */
export function mcpRoute(app: Hono<HttpEnv>, mcp: McpEndpoint, options: McpRouteOptions): void {
  const handle = async (
    request: Request,
    requestId: string,
    remoteAddress: string | null,
  ): Promise<Response> => {
    const principal = await options.authenticator.authorise(request.headers, 'read');
    const body = request.method === 'POST' ? await readJson(request, options.bodyLimits) : null;
    const { sessionId, minSeq, signal } = requestContext(request, principal.name);
    const software = request.headers.get('User-Agent') ?? '';
    return mcp(request, body, {
      caller: principal.name,
      role: principal.role,
      id: JSON.stringify([principal.name, remoteAddress, software]),
      sessionId,
      minSeq,
      requestId,
      signal,
    });
  };
  for (const path of ['/mcp', '/mcp/']) {
    app.all(path, (c) => handle(c.req.raw, c.get('requestId'), c.env?.remoteAddress ?? null));
  }
}
