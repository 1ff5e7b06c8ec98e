import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';

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
  const proxy = new McpProxy(options);
  await proxy.run();
}

class McpProxy {
  readonly #endpoint: URL;
  readonly #upstream: StreamableHTTPClientTransport;
  readonly #client = new StdioServerTransport();
  /** Requests without an answer. Each gets one, whatever becomes of the service, or its client would hang. */
  readonly #unanswered = new Set<RequestId>();
  /** The request that asked for the protocol version, until it is answered. */
  #initialize: RequestId | null = null;
  readonly #forwarding = new Set<Promise<void>>();

  constructor({ url, apiKey }: McpProxyOptions) {
    this.#endpoint = new URL('mcp', url.endsWith('/') ? url : `${url}/`);
    this.#upstream = new StreamableHTTPClientTransport(this.#endpoint, {
      fetch: (address, init) => this.#fetch(address, init),
      requestInit: {
        headers: {
          // One for each proxy: the service can then tell whose call is cancelled.
          'user-agent': `chl-mcp/${crypto.randomUUID()}`,
          ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
        },
      },
    });
  }

  async run(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      process.stdin.once('end', resolve);
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- an MCP transport has no addEventListener
      this.#client.onclose = resolve;
    });
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- an MCP transport has no addEventListener
    this.#upstream.onmessage = (message) => this.#answer(message);
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- an MCP transport has no addEventListener
    this.#client.onmessage = (message) => {
      const forwarding = this.#forward(message).finally(() => this.#forwarding.delete(forwarding));
      this.#forwarding.add(forwarding);
    };
    await this.#upstream.start();
    await this.#client.start();
    await closed;
    // Calls already taken are answered before the process ends.
    await Promise.allSettled(this.#forwarding);
    await this.#upstream.close();
    await this.#client.close();
  }

  #answer(message: JSONRPCMessage): void {
    if ('id' in message && message.id !== undefined && !('method' in message)) {
      this.#unanswered.delete(message.id);
      if (message.id === this.#initialize && 'result' in message) {
        // What every later request says in its MCP-Protocol-Version header.
        const version = message.result['protocolVersion'];
        if (typeof version === 'string') this.#upstream.setProtocolVersion(version);
      }
    }
    void this.#client.send(message);
  }

  async #forward(message: JSONRPCMessage): Promise<void> {
    const id = 'method' in message && 'id' in message ? message.id : undefined;
    if (id !== undefined) this.#unanswered.add(id);
    if ('method' in message && message.method === 'initialize') this.#initialize = id ?? null;
    try {
      await this.#upstream.send(message);
    } catch (error) {
      this.#fail(id, describeFailure(error, this.#endpoint));
    }
  }

  /** A notification has nobody waiting for an answer. */
  #fail(id: RequestId | undefined, problem: string): void {
    process.stderr.write(`chl mcp: ${problem}\n`);
    if (id === undefined || !this.#unanswered.delete(id)) return;
    void this.#client.send({ jsonrpc: '2.0', id, error: { code: -32000, message: problem } });
  }

  /** An answer that comes as a stream may break off half-way, which the transport would keep to itself. */
  async #fetch(address: string | URL, init?: RequestInit): Promise<Response> {
    const response = await fetch(address, init);
    const id = requestIdOf(init?.body);
    if (id === undefined || response.body === null) return response;
    if (!(response.headers.get('Content-Type') ?? '').startsWith('text/event-stream')) return response;
    const lost = (): void => {
      // After the events before the end have been read.
      setTimeout(() => {
        if (this.#unanswered.has(id)) {
          this.#fail(id, `The service at ${this.#endpoint.origin} went away during the call.`);
        }
      }, 0);
    };
    const [own, theirs] = response.body.tee();
    void own.pipeTo(new WritableStream()).then(lost, lost);
    return new Response(theirs, response);
  }
}

function requestIdOf(body: unknown): RequestId | undefined {
  if (typeof body !== 'string') return undefined;
  const message: unknown = JSON.parse(body);
  if (typeof message !== 'object' || message === null || !('method' in message) || !('id' in message))
    return undefined;
  return message.id as RequestId;
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
