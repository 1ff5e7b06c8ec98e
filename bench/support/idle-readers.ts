import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

/** As many connections are opened at a time, fewer than a listener's backlog. */
const OPENED_AT_ONCE = 50;

/** Clients that listen to `GET /api/v1/changes` as events, and hear nothing as long as nobody writes. */
export class IdleReaders {
  readonly #streams: readonly IncomingMessage[];

  private constructor(streams: readonly IncomingMessage[]) {
    this.#streams = streams;
  }

  /** @param since the newest change: a reader that has all of them is idle */
  static async open(url: string, count: number, since: number): Promise<IdleReaders> {
    const feed = `${url}/api/v1/changes?since=${since}`;
    const streams: IncomingMessage[] = [];
    while (streams.length < count) {
      const more = Math.min(OPENED_AT_ONCE, count - streams.length);
      streams.push(...(await Promise.all(Array.from({ length: more }, () => openStream(feed)))));
    }
    return new IdleReaders(streams);
  }

  /** Resolves when the last connection is closed on this side. @throws when the service has closed one before */
  async close(): Promise<void> {
    const lost = this.#streams.filter((stream) => stream.closed).length;
    if (lost > 0) throw new Error(`${lost} of ${this.#streams.length} readers were cut off.`);
    const closed = this.#streams.map((stream) => once(stream, 'close'));
    for (const stream of this.#streams) stream.destroy();
    await Promise.all(closed);
  }
}

/** @throws unless the service takes the reader */
async function openStream(feed: string): Promise<IncomingMessage> {
  const request = get(feed, { headers: { accept: 'text/event-stream' }, agent: false });
  // Before the answer `once` rejects with it; later the stream hears of it, too.
  request.on('error', () => undefined);
  const [stream] = (await once(request, 'response')) as [IncomingMessage];
  if (stream.statusCode !== 200) throw new Error(`A reader was refused: ${stream.statusCode}`);
  stream.on('error', () => undefined);
  stream.resume();
  return stream;
}
