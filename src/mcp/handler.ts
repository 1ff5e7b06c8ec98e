import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { ErrorCode, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { InFlightCalls } from './in-flight.ts';
import { createMcpServer, type McpDependencies, type McpPeer } from './server.ts';

export type McpHandler = (request: Request, body: unknown, peer: McpPeer) => Promise<Response>;

/**
 * MCP over Streamable HTTP, without sessions: every POST stands alone, so a restart of the service is
 * not noticed by its clients, and clients that leave without a goodbye cost nothing.
 *
 * @returns a handler of one request whose body has been read and parsed by the transport in front
 */
export function createMcpHandler(dependencies: Omit<McpDependencies, 'inFlight'>): McpHandler {
  const inFlight = new InFlightCalls();
  return async (request, body, peer) => {
    if (request.headers.has('mcp-session-id')) return unknownSession();
    if (request.method !== 'POST') return methodNotAllowed();
    // A stream only where something but the answer will be sent on it.
    const transport = new WebStandardStreamableHTTPServerTransport({
      enableJsonResponse: !wantsProgress(body),
    });
    const server = createMcpServer({ ...dependencies, inFlight }, peer);
    await server.connect(transport);
    const send = transport.send.bind(transport);
    transport.send = (message, options) => send(withPlainError(message), options);
    return transport.handleRequest(request, { parsedBody: body });
  };
}

/**
 * Parameters of the wrong shape are told by the SDK as an internal error whose message is the list of
 * its validator. They are the caller's mistake, and a sentence will do. Errors of our own carry data.
 */
function withPlainError(message: JSONRPCMessage): JSONRPCMessage {
  if (!('error' in message) || message.error.data !== undefined) return message;
  if (message.error.code !== (ErrorCode.InternalError as number)) return message;
  const isValidation = message.error.message.startsWith('[');
  const error = isValidation
    ? { code: ErrorCode.InvalidParams, message: 'The params are not of the shape that this method takes.' }
    : { code: ErrorCode.InternalError, message: 'An internal error occurred.' };
  return { ...message, error };
}

/** This service issues no session ids; whoever sends one got it from an earlier life and must initialise anew. */
const unknownSession = (): Response =>
  rpcError(
    404,
    -32001,
    'Session not found: this server is stateless, initialize again without a session id.',
  );

/** No stream to listen on and no session to end. */
const methodNotAllowed = (): Response =>
  rpcError(405, -32000, 'Method not allowed: send JSON-RPC by POST.', { Allow: 'POST' });

const rpcError = (
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response => Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status, headers });

function wantsProgress(body: unknown): boolean {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  return messages.some((message) => {
    const params = isRecord(message) ? message['params'] : undefined;
    const meta = isRecord(params) ? params['_meta'] : undefined;
    return isRecord(meta) && meta['progressToken'] !== undefined;
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
