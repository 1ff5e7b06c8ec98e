import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Embedder } from '../../../src/core/ports/embedder.ts';
import type { IndexCollection } from '../../../src/core/ports/index-host.ts';
import { answerWith, EmbeddingServer, type Misbehaviour } from '../../support/embedding-server.ts';
import { ada, experience } from '../support/client.ts';
import { openServices, type OpenOptions, type OpenServices } from '../support/open-services.ts';
import { ASYNC_MODE, clientOf, QUICK_QUEUE, until } from '../support/stand-in.ts';

let server: EmbeddingServer;
let open: OpenServices;

async function start(
  options = QUICK_QUEUE,
  wrap?: OpenOptions['wrap'],
  given: Partial<Embedder> = {},
): Promise<void> {
  const embedder = Object.assign(await clientOf(server), given);
  open = await openServices({ embedder, options, ...(wrap === undefined ? {} : { wrap }) });
  await open.services.start();
}

beforeEach(async () => {
  server = await EmbeddingServer.start();
});
afterEach(async () => {
  await open.close();
  await server.stop();
});

const queue = () => open.services.queue.status();
const drained = () => until('nothing pending', async () => (await queue()).pending === 0);
const entry = (number: number) => experience(`Lesson ${number} of zebras`, `Feed zebra number ${number}.`);
const textsAsked = () =>
  server.calls.flatMap(({ input }) => input).filter((text) => text.startsWith('Lesson'));

/** An index that keeps every group waiting while it is held, and with it the committer. */
class SlowIndex {
  #held: Promise<void> | null = null;
  #release = (): void => undefined;

  readonly wrap = (collection: IndexCollection): IndexCollection =>
    new Proxy(collection, {
      get: (target, name) => {
        if (name === 'apply') {
          return async (...batch: Parameters<IndexCollection['apply']>) => {
            await this.#held;
            return target.apply(...batch);
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });

  hold(): void {
    this.#held = new Promise((resolve) => (this.#release = resolve));
  }

  release(): void {
    this.#held = null;
    this.#release();
  }
}

describe('an import', () => {
  const lines = async function* (count: number): AsyncGenerator<string> {
    for (let number = 0; number < count; number += 1)
      yield JSON.stringify({ ...entry(number), ref: `r${number}` });
  };
  const statuses = async (count: number): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const batch of open.services.transfer.importLines(lines(count), ada))
      found.push(...batch.map(({ status }) => status));
    return found;
  };

  test('goes to the endpoint in full batches, several at once, and each text once', async () => {
    // None of the first four is answered before all four are there.
    let arrived = 0;
    let release = (): void => undefined;
    const together = new Promise<void>((resolve) => (release = resolve));
    const held: Misbehaviour = async (response, rows) => {
      if ((arrived += 1) === 4) release();
      await together;
      answerWith(response, rows);
    };
    server.plan(held, held, held, held);
    await start();
    expect(await statuses(640)).toEqual(Array(640).fill('created'));
    expect(server.calls.map(({ input }) => input.length)).toEqual(Array(20).fill(32));
    expect(await queue()).toMatchObject({ pending: 0, embedded: 640 });

    expect(new Set(await statuses(640))).toEqual(new Set(['unchanged']));
    expect(server.calls.length).toBe(20);
  });

  test('in async mode the queue takes full batches', async () => {
    await start(ASYNC_MODE);
    await statuses(640);
    await drained();
    expect(textsAsked().length).toBe(640);
    expect(server.calls.length).toBeLessThanOrEqual(24);
  });

  test.each([
    ['an endpoint works on while commits are slow: five batches of lines ahead', {}, 6],
    ['an embedder that works on one call at a time gets one batch ahead', { callsAtOnce: 1 }, 2],
  ])('%s, and no more', async (_, given, batches) => {
    const index = new SlowIndex();
    await start(QUICK_QUEUE, index.wrap, given);
    index.hold();
    let read = 0;
    const endless = async function* (): AsyncGenerator<string> {
      for (;;) yield JSON.stringify(entry((read += 1)));
    };
    const results = open.services.transfer.importLines(endless(), ada);
    const first = results.next();
    await until('all that is read is embedded', () => server.calls.length === batches * 4);
    expect(read).toBe(batches * 128);
    index.release();
    expect((await first).value).toHaveLength(128);
    await results.return(undefined);
    expect(read).toBe(batches * 128);
    await until('what was begun is stored', async () => (await queue()).embedded === batches * 128);
  });

  test('in async mode the endpoint works on, too, for a bounded number of batches', async () => {
    const index = new SlowIndex();
    await start(ASYNC_MODE, index.wrap);
    await open.services.queue.pause(ada);
    await statuses(640);
    index.hold();
    await open.services.queue.resume(ada);
    await until('all wait to be stored', async () => (await queue()).counters.embedded === 16 * 32);
    expect(server.calls.length).toBe(16);
    expect(await queue()).toMatchObject({ in_flight: 16 * 32 });
    index.release();
    await drained();
    expect(server.calls.length).toBe(20);
  });

  test('an endpoint that is away does not fail it', async () => {
    server.always = (response) => void response.destroy();
    await start();
    expect(new Set(await statuses(150))).toEqual(new Set(['created']));
    server.always = null;
    await drained();
    expect(await queue()).toMatchObject({ embedded: 150, failed: 0 });
  });
});
