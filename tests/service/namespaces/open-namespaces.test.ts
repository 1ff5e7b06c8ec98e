import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChlError } from '../../../src/core/errors.ts';
import {
  OpenNamespaces,
  type NamespaceLease,
  type OpenNamespace,
} from '../../../src/service/namespaces/open-namespaces.ts';
import { Gate } from '../../support/gate.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { TestClock } from '../../support/test-clock.ts';

/** What is opened here: it knows its name, and that nothing is done to it twice. */
class Played implements OpenNamespace {
  readonly name: string;
  readonly #world: World;
  isAtWork = false;
  isClosed = false;
  hasEndedStreams = false;

  constructor(name: string, world: World) {
    this.name = name;
    this.#world = world;
  }

  endStreams(): void {
    this.hasEndedStreams = true;
  }

  async close(): Promise<void> {
    expect(this.isClosed, 'closed once').toBe(false);
    this.isClosed = true;
    await this.#world.closing?.opened;
    this.#world.live.delete(this.name);
  }
}

class World {
  readonly clock = new TestClock();
  readonly logger = new RecordingLogger();
  /** From the moment it begins to open until it has closed: what costs memory and files. */
  readonly live = new Set<string>();
  readonly existing = new Set(['a', 'b', 'c', 'd']);
  readonly openings: string[] = [];
  opening: Gate | null = null;
  closing: Gate | null = null;
  failure: Error | null = null;
  mostLive = 0;
  readonly pool: OpenNamespaces<Played>;

  constructor(countMax: number) {
    this.pool = new OpenNamespaces<Played>({
      check: async (name) => {
        if (!this.existing.has(name)) throw new ChlError('NOT_FOUND', 'none');
      },
      open: (name) => this.#open(name),
      countMax,
      idleMs: 1_000,
      // Of the real time: async-mutex has timers of its own.
      waitMs: 50,
      clock: this.clock,
      logger: this.logger,
    });
  }

  async #open(name: string): Promise<Played> {
    expect(this.live.has(name), 'never open twice at once').toBe(false);
    this.openings.push(name);
    this.live.add(name);
    this.mostLive = Math.max(this.mostLive, this.live.size);
    await this.opening?.opened;
    if (this.failure !== null) {
      this.live.delete(name);
      throw this.failure;
    }
    return new Played(name, this);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const refusedWith = (code: string) => expect.objectContaining({ code });

test('requests that come together share one opening', async () => {
  const world = new World(2);
  world.opening = new Gate();
  const entering = Array.from({ length: 20 }, () => world.pool.enter('a'));
  await turn();
  world.opening.open();
  const leases = await Promise.all(entering);
  expect(world.openings).toEqual(['a']);
  expect(new Set(leases.map(({ opened }) => opened)).size).toBe(1);
});

test('the least recently used one that nobody uses makes room', async () => {
  const world = new World(2);
  const a = await world.pool.enter('a');
  (await world.pool.enter('b')).leave();
  a.leave();
  (await world.pool.enter('b')).leave();
  (await world.pool.enter('c')).leave();
  expect([...world.live]).toEqual(['b', 'c']);
  expect(world.pool.figures()).toMatchObject({ open: 2, opened: 3, closed: { evicted: 1 } });
});

test('when all are in use the request waits for a place, then it is refused and may come again', async () => {
  const world = new World(1);
  const a = await world.pool.enter('a');
  await expect(world.pool.enter('b')).rejects.toEqual(refusedWith('OVERLOADED'));
  await expect(world.pool.enter('b')).rejects.toMatchObject({ retryAfterSeconds: 1, retryable: true });
  const waiting = world.pool.enter('b');
  await turn();
  a.leave();
  expect((await waiting).opened.name).toBe('b');
  expect(world.mostLive).toBe(1);
  expect(world.pool.figures().refused).toBe(2);
});

test('a name that does not exist takes no place and closes nobody', async () => {
  const world = new World(1);
  (await world.pool.enter('a')).leave();
  await expect(world.pool.enter('zz')).rejects.toEqual(refusedWith('NOT_FOUND'));
  expect([...world.live]).toEqual(['a']);
});

test('an unused one is closed after its time, one at work is not', async () => {
  const world = new World(4);
  const [a, b] = [await world.pool.enter('a'), await world.pool.enter('b')];
  world.clock.advance(5_000);
  expect(world.live.size, 'in use').toBe(2);
  a.opened.isAtWork = true;
  a.leave();
  b.leave();
  b.leave();
  world.clock.advance(1_000);
  await turn();
  expect([...world.live]).toEqual(['a']);
  a.opened.isAtWork = false;
  world.clock.advance(1_000);
  await turn();
  expect(world.live.size).toBe(0);
  expect(world.pool.figures().closed.idle).toBe(2);
  expect(world.clock.pendingTimers).toBe(0);
});

test('who comes while it closes waits, and gets a new one', async () => {
  const world = new World(2);
  const { opened, leave } = await world.pool.enter('a');
  leave();
  world.closing = new Gate();
  world.clock.advance(1_000);
  const entering = world.pool.enter('a');
  await turn();
  world.closing.open();
  expect((await entering).opened).not.toBe(opened);
});

test('what does not open gives its place back; the next request tries again', async () => {
  const world = new World(1);
  world.failure = new ChlError('CORRUPT', 'damaged');
  await expect(world.pool.enter('a')).rejects.toEqual(refusedWith('CORRUPT'));
  world.failure = null;
  expect((await world.pool.enter('a')).opened.name).toBe('a');
  expect(world.pool.figures().openFailed).toBe(1);
});

test('a deletion ends streams and waits for users; who comes meanwhile finds nothing', async () => {
  const world = new World(2);
  const { opened, leave } = await world.pool.enter('a');
  const deleting = world.pool.whileClosed('a', async () => void world.existing.delete('a'));
  await turn();
  expect([opened.hasEndedStreams, opened.isClosed]).toEqual([true, false]);
  const late = world.pool.enter('a');
  leave();
  await deleting;
  await expect(late).rejects.toEqual(refusedWith('NOT_FOUND'));
  expect(world.live.size).toBe(0);
});

test('users that do not leave: the deletion is refused, and all goes on', async () => {
  const world = new World(2);
  const { opened, leave } = await world.pool.enter('a');
  const deleting = world.pool.whileClosed('a', async () => void world.existing.delete('a'));
  await turn();
  world.clock.advance(1_000);
  await expect(deleting).rejects.toEqual(refusedWith('CONFLICT'));
  leave();
  expect((await world.pool.enter('a')).opened).toBe(opened);
});

test('the end: all are closed, who waits is told, nobody comes in any more', async () => {
  const world = new World(1);
  await world.pool.enter('a');
  const waiting = world.pool.enter('b');
  await turn();
  const refused = expect(waiting).rejects.toEqual(refusedWith('UNAVAILABLE'));
  await world.pool.close();
  await refused;
  expect(world.live.size).toBe(0);
  await expect(world.pool.enter('a')).rejects.toEqual(refusedWith('UNAVAILABLE'));
});

type Step = 'leave' | 'time' | 'delete' | 'make' | { readonly enter: string };

test('whatever happens: never more than the places, never one name twice, never closed under a user', async () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ enter: fc.constantFrom('a', 'b', 'c', 'd') }) },
    { weight: 5, arbitrary: fc.constant('leave' as const) },
    { weight: 1, arbitrary: fc.constantFrom('time', 'delete', 'make') },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, places) => {
        const world = new World(places);
        const leases: NamespaceLease<Played>[] = [];
        const pending: Promise<unknown>[] = [];
        const used = (): void => {
          for (const { opened } of leases) expect(opened.isClosed, `${opened.name} is in use`).toBe(false);
        };
        for (const one of steps) {
          if (one === 'leave') leases.shift()?.leave();
          else if (one === 'time') world.clock.advance(1_000);
          else if (one === 'make') world.existing.add('d');
          else if (one === 'delete')
            pending.push(
              world.pool.whileClosed('d', async () => void world.existing.delete('d')).catch(isRefusal),
            );
          else
            pending.push(
              world.pool.enter(one.enter).then((lease) => {
                expect(lease.opened.isClosed).toBe(false);
                leases.push(lease);
              }, isRefusal),
            );
          await turn();
          used();
          expect(world.live.size).toBeLessThanOrEqual(places);
        }
        // Whatever still waits is given its place, or up.
        while (leases.length > 0 || pending.length > 0) {
          leases.shift()?.leave();
          world.clock.advance(1_000);
          await turn();
          used();
          if (leases.length === 0) await Promise.all(pending.splice(0));
        }
        expect(world.mostLive).toBeLessThanOrEqual(places);
        await world.pool.close();
        expect(world.live.size).toBe(0);
      },
    ),
    { numRuns: 100 },
  );
});

/** The only ways to be turned away. */
function isRefusal(error: unknown): void {
  expect(['OVERLOADED', 'NOT_FOUND', 'CONFLICT']).toContain((error as ChlError).code);
}
