import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CallToolRequestSchema,
  CancelledNotificationSchema,
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  type CallToolResult,
} from '@modelcontextprotocol/sdk/types.js';
import { ChlError, toChlError } from '../core/errors.ts';
import type { Logger } from '../core/ports/runtime.ts';
import { cancelled } from '../service/cancellation.ts';
import { parseRequest } from '../service/contract/errors.ts';
import { plainContext, type RequestContext } from '../service/request-context.ts';
import { roleAllows, type Role } from '../service/roles.ts';
import type { Services } from '../service/services.ts';
import { errorResult, toolResult } from './answer.ts';
import type { InFlightCalls } from './in-flight.ts';
import { SERVER_INSTRUCTIONS } from './instructions.ts';
import { readResource, RESOURCE_TEMPLATES, RESOURCES } from './resources.ts';
import { TOOL_LISTINGS } from './tool-schemas.ts';
import { TOOLS, writeArguments, type Tool } from './tools.ts';

/** Who is on the other end of one request. */
export interface McpPeer {
  readonly caller: string;
  readonly role: Role;
  /** Tells peers apart as well as a stateless transport can: caller, address, client software. */
  readonly id: string;
  readonly sessionId: string | null;
  readonly minSeq: string | null;
  readonly requestId: string;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal | null;
}

export interface McpDependencies {
  readonly services: Services;
  readonly inFlight: InFlightCalls;
  readonly logger: Logger;
  readonly version: string;
  /** Longest answer of a tool. */
  readonly answerChars: number;
}

const toolsByName: ReadonlyMap<string, Tool> = new Map(TOOLS.map((tool) => [tool.name, tool]));

/** A server object for one request: never shared, so no client can reach another's state. */
export function createMcpServer(dependencies: McpDependencies, peer: McpPeer): McpServer {
  const mcp = new McpServer(
    { name: 'chl', title: 'CHL shared memory', version: dependencies.version },
    { capabilities: { tools: {}, resources: {}, logging: {} }, instructions: SERVER_INSTRUCTIONS },
  );
  const { server } = mcp;
  // Listed to every role: a key that may not write is told so by the call, with a hint.
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...TOOL_LISTINGS] }));
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...RESOURCES] }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [...RESOURCE_TEMPLATES],
  }));
  // Stateless: there is no stream to send logs on, so the level is accepted and changes nothing.
  server.setRequestHandler(SetLevelRequestSchema, () => ({}));
  server.setNotificationHandler(CancelledNotificationSchema, ({ params }) => {
    if (params.requestId !== undefined) dependencies.inFlight.cancel(peer.id, params.requestId);
  });
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params }) => {
    try {
      return await readResource(dependencies.services, params.uri, contextOf(peer, null, peer.signal));
    } catch (error) {
      throw protocolError(toChlError(error, 'mcp.resource'), params.uri);
    }
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = toolsByName.get(params.name);
    if (tool === undefined)
      throw new McpError(ErrorCode.InvalidParams, `There is no tool named ${params.name.slice(0, 64)}.`);
    const call = dependencies.inFlight.start(peer.id, extra.requestId);
    const { _meta: meta } = extra;
    const progressToken = meta?.progressToken;
    const progress = async (done: number, message: string): Promise<void> => {
      if (progressToken === undefined) return;
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress: done, total: 1, message },
      });
    };
    try {
      await progress(0, `${tool.title}: started`);
      const signals = [call.signal, extra.signal, ...(peer.signal === null ? [] : [peer.signal])];
      const result = await callTool(
        dependencies,
        tool,
        params.arguments ?? {},
        peer,
        AbortSignal.any(signals),
      );
      await progress(1, `${tool.title}: done`);
      return result;
    } finally {
      call.end();
    }
  });
  return mcp;
}

async function callTool(
  { services, logger, answerChars }: McpDependencies,
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  peer: McpPeer,
  signal: AbortSignal,
): Promise<CallToolResult> {
  try {
    if (!roleAllows(peer.role, tool.role)) {
      throw new ChlError(
        'FORBIDDEN',
        `${tool.name} needs a key with the role ${tool.role}; this key may ${peer.role}.`,
        {
          hint: 'Ask the operator for a key with that role.',
        },
      );
    }
    // One that cannot be used is refused: the write would else happen twice when it is repeated.
    const idempotencyKey = tool.readOnly ? null : parseRequest(writeArguments, args).idempotency_key;
    const context = contextOf(peer, idempotencyKey ?? null, signal);
    return toolResult(await aborting(tool.run(services, args, context), signal), tool.listField, answerChars);
  } catch (error) {
    const failure = toChlError(error, `mcp.${tool.name}`);
    if (failure.code === 'INTERNAL')
      logger.error(
        { err: failure.cause ?? failure, tool: tool.name, requestId: peer.requestId },
        'tool failed',
      );
    return errorResult(failure, peer.requestId);
  }
}

/**
 * A cancelled call stops waiting at once, and a read stops the embedder's work for it (`context.signal`);
 * a write that has begun is finished by the service all the same.
 */
async function aborting<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(cancelled());
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

const contextOf = (
  peer: McpPeer,
  idempotencyKey: string | null,
  signal: AbortSignal | null,
): RequestContext => ({
  ...plainContext(peer.caller),
  sessionId: peer.sessionId,
  minSeq: peer.minSeq,
  idempotencyKey,
  signal,
});

const RESOURCE_NOT_FOUND = -32002;

function protocolError(error: ChlError, uri: string): McpError {
  const code =
    error.code === 'NOT_FOUND'
      ? RESOURCE_NOT_FOUND
      : error.code === 'INVALID_ARGUMENT'
        ? ErrorCode.InvalidParams
        : ErrorCode.InternalError;
  return new McpError(code, error.message, { uri, code: error.code, retryable: error.retryable });
}
