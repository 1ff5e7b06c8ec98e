import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

export interface McpProxyOptions {
  /** Base URL of the running service. */
  readonly url: string;
  readonly apiKey: string | null;
}

/**
 * `chl mcp`: MCP over stdio for clients that only speak that, as a thin proxy to a running service.
 * It holds no state and starts nothing: the memory is shared only because one service owns it.
 * Nothing but protocol is written to stdout. Resolves when the client closes stdin.
 */
export async function runMcpProxy(options: McpProxyOptions): Promise<void> {
  const endpoint = new URL('mcp', options.url.endsWith('/') ? options.url : `${options.url}/`);
  const upstream = new StreamableHTTPClientTransport(endpoint, {
    requestInit: { headers: options.apiKey === null ? {} : { authorization: `Bearer ${options.apiKey}` } },
  });
  const client = new StdioServerTransport();
  const waiting = new Set<Promise<void>>();
  const closed = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve);
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- an MCP transport has no addEventListener
    client.onclose = resolve;
  });
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- an MCP transport has no addEventListener
  upstream.onmessage = (message) => {
    void client.send(message);
  };
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- an MCP transport has no addEventListener
  client.onmessage = (message) => {
    const forwarding = forward(upstream, client, message, endpoint).finally(() => waiting.delete(forwarding));
    waiting.add(forwarding);
  };
  await upstream.start();
  await client.start();
  await closed;
  // Calls already taken are answered before the process ends.
  await Promise.allSettled(waiting);
  await upstream.close();
  await client.close();
}

async function forward(
  upstream: StreamableHTTPClientTransport,
  client: StdioServerTransport,
  message: JSONRPCMessage,
  endpoint: URL,
): Promise<void> {
  try {
    await upstream.send(message);
  } catch (error) {
    const problem = describeFailure(error, endpoint);
    process.stderr.write(`chl mcp: ${problem}\n`);
    // A notification has nobody waiting for an answer; a request must get one, or its client hangs.
    if ('id' in message && 'method' in message && message.id !== undefined) {
      await client.send({ jsonrpc: '2.0', id: message.id, error: { code: -32000, message: problem } });
    }
  }
}

function describeFailure(error: unknown, endpoint: URL): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/401|unauthorized/i.test(text))
    return `The service at ${endpoint.origin} refused the key. Pass one with --key or CHL_API_KEY.`;
  if (/fetch failed|ECONNREFUSED|ENOTFOUND/i.test(text)) {
    return `No CHL service answers at ${endpoint.origin}. Start one with "npm start" (or "chl serve"), or name another with --url or CHL_URL.`;
  }
  return `The service at ${endpoint.origin} did not answer the call: ${text}`;
}
