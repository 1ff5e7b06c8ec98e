import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HashEmbedder } from '../../adapters/embedder/hash/hash-embedder.ts';

export interface EmbeddingCall {
  readonly model: string;
  readonly input: readonly string[];
  readonly encoding_format: string;
  readonly authorization: string | undefined;
}

/** Answers one call; gets the right vectors and may do with them what a broken endpoint would. */
export type Misbehaviour = (
  response: ServerResponse,
  rows: number[][],
  call: EmbeddingCall,
) => void | Promise<void>;

/** A real OpenAI-compatible endpoint on loopback, whose next answers can be spoilt one by one. */
export class EmbeddingServer {
  readonly calls: EmbeddingCall[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #embedder = new HashEmbedder();
  readonly #planned: Misbehaviour[] = [];
  /** Applied when nothing is planned; null answers properly. */
  always: Misbehaviour | null = null;

  static async start(): Promise<EmbeddingServer> {
    const server = new EmbeddingServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  get dimension(): number {
    return this.#embedder.fingerprint.dimension;
  }

  /** The next calls meet these, in order. */
  plan(...misbehaviours: Misbehaviour[]): void {
    this.#planned.push(...misbehaviours);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = JSON.parse(Buffer.concat(chunks).toString()) as Omit<EmbeddingCall, 'authorization'>;
    const { input } = asked;
    const call = { ...asked, authorization: request.headers.authorization };
    this.calls.push(call);
    const vectors = await this.#embedder.embed({
      texts: input.map((body) => ({ heading: '', body })),
      role: 'passage',
    });
    const rows = input.map((_, row) => [
      ...vectors.subarray(row * this.dimension, (row + 1) * this.dimension),
    ]);
    const misbehave = this.#planned.shift() ?? this.always;
    if (misbehave === null && call.encoding_format === 'base64') answerInBase64(response, rows);
    else if (misbehave === null) answerWith(response, rows);
    else await misbehave(response, rows, call);
  }
}

export function answerInBase64(response: ServerResponse, rows: readonly (readonly number[])[]): void {
  const data = rows.map((row, index) => ({
    object: 'embedding',
    index,
    embedding: Buffer.from(Float32Array.from(row).buffer).toString('base64'),
  }));
  answerText(response, JSON.stringify({ object: 'list', model: 'stand-in', data }));
}

export function answerWith(response: ServerResponse, rows: readonly (readonly (number | null)[])[]): void {
  const data = rows.map((embedding, index) => ({ object: 'embedding', index, embedding }));
  answerText(response, JSON.stringify({ object: 'list', model: 'stand-in', data }));
}

export function answerText(
  response: ServerResponse,
  body: string,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}
