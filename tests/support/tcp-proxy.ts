import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of connections: passed on, swallowed without an answer, or cut off. */
export type Weather = 'fair' | 'swallow' | 'refuse';

/**
 * A network of the test's own between an HTTP client and a server on loopback. It counts requests by
 * their first line, and it can lose, delay and halve what passes.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #pairs = new Set<Socket>();
  #weather: Weather = 'fair';
  #requests = 0;
  #delayMs = 0;
  /** How many requests until the one; null: none. */
  #untilCut: number | null = null;
  #holdsNext = false;
  readonly #held: (() => void)[] = [];

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#pass(client));
  }

  static async start(target: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Since the start. */
  get requests(): number {
    return this.#requests;
  }

  /** What is open is cut off, so that it holds for every request from now on. */
  set weather(weather: Weather) {
    this.#weather = weather;
    this.#cutAll();
  }

  /** Each piece of a request waits as long before it goes on. */
  set delayMs(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** After so many requests, the server gets the next one and the client loses the connection instead of an answer. */
  cutAnswer({ after }: { readonly after: number }): void {
    this.#untilCut = after;
  }

  /** The client loses the connection at its next request, which the server gets when it is let go. */
  holdRequest(): void {
    this.#holdsNext = true;
  }

  letGo(): void {
    for (const send of this.#held.splice(0)) send();
  }

  /** Ends what the clients send on every open connection; answers still come back. */
  halfClose(): void {
    for (const socket of this.#pairs) socket.end();
  }

  async stop(): Promise<void> {
    this.#cutAll();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #cutAll(): void {
    for (const socket of this.#pairs) socket.destroy();
  }

  #pass(client: Socket): void {
    this.#track(client);
    if (this.#weather === 'refuse') {
      client.destroy();
      return;
    }
    if (this.#weather === 'swallow') {
      client.resume();
      return;
    }
    const server = connect({
      host: this.#target.hostname,
      port: Number(this.#target.port),
      allowHalfOpen: true,
    });
    this.#track(server);
    let cut = false;
    client.on('data', (piece: Buffer) => {
      const begun = piece.toString('latin1').match(/^(GET|POST) \S+ HTTP\/1\.1\r$/gm)?.length ?? 0;
      this.#requests += begun;
      const send = (): void => void (server.destroyed || server.write(piece));
      if (begun > 0 && this.#holdsNext) {
        this.#holdsNext = false;
        cut = true;
        this.#held.push(send);
        client.destroy();
        return;
      }
      if (begun > 0 && this.#untilCut !== null) {
        cut = this.#untilCut === 0;
        this.#untilCut = cut ? null : this.#untilCut - 1;
      }
      if (this.#delayMs === 0) send();
      else setTimeout(send, this.#delayMs);
    });
    server.on('data', (piece: Buffer) => {
      if (cut) client.destroy();
      else client.write(piece);
    });
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    // What was cut or held on the client's side still reaches the server.
    client.on('close', () => cut || server.destroy());
    server.on('close', () => client.destroy());
  }

  #track(socket: Socket): void {
    this.#pairs.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#pairs.delete(socket));
  }
}
