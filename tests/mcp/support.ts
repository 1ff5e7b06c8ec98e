import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { join } from 'node:path';
import process from 'node:process';
import { buildProgram } from '../support/build.ts';

export interface Rpc {
  readonly jsonrpc: '2.0';
  readonly id: number | string | null;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
}

/** The SDK's own client, as an agent's host uses it. */
export async function overHttp(url: string, headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: 'test-over-http', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers } }));
  return client;
}

/** `chl mcp` as a child of the SDK's client; `stderr` collects what it says there. */
export async function overStdio(
  url: string,
  stderr: string[] = [],
  variables: Record<string, string> = {},
): Promise<Client> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(await buildProgram(), 'src', 'entry', 'cli.js'), 'mcp'],
    env: { ...inheritedVariables(), CHL_URL: url, ...variables },
    stderr: 'pipe',
  });
  transport.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
  const client = new Client({ name: 'test-over-stdio', version: '1.0.0' });
  await client.connect(transport);
  return client;
}

const inheritedVariables = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && !pair[0].startsWith('CHL_'),
    ),
  );

/** Read loosely where the next line asserts what it holds. */
type Loose = ReturnType<JSON['parse']>;

/** Structured content of a call that must succeed. */
export async function callOk(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<Loose> {
  const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: args }));
  assert.notEqual(result.isError, true, JSON.stringify(result.content));
  assert.ok(result.structuredContent !== undefined);
  const [first] = result.content;
  assert.ok(first?.type === 'text' && first.text.length > 0);
  return result.structuredContent;
}

export const experienceArguments = (title: string, playbook: string): Record<string, unknown> => ({
  entity_type: 'experience',
  category_code: 'TST',
  data: { section: 'useful', title, playbook },
});

/** One request as bytes on the wire, for what no SDK would send. */
export function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
  signal: AbortSignal | null = null,
): Promise<Response> {
  return fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal,
  });
}

export const call = (id: number | string, name: string, args: Record<string, unknown> = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

export const initialize = (id: number, protocolVersion: string) => ({
  jsonrpc: '2.0',
  id,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
});
