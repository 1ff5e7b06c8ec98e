import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../adapters/clock/system-clock.ts';
import { ProcessHost } from '../../../adapters/host/process/process-host.ts';
import type { IndexCollection } from '../../../src/core/ports/index-host.ts';
import { searchFor } from '../../conformance/index-host.suite.ts';
import { compiledEntry } from '../../support/compiled-entry.ts';
import { HostWorld } from '../../support/host-world.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { TestClock } from '../../support/test-clock.ts';

const entry = await compiledEntry('src/entry/index-process.ts');
await compiledEntry('src/entry/builder-process.ts');

let world: HostWorld;
let host: ProcessHost;
const logger = new RecordingLogger();

beforeEach(async () => {
  world = await HostWorld.create();
  host = new ProcessHost({ entry, clock: systemClock, logger });
});

afterEach(async () => {
  await host.close();
  await world.dispose();
});

/** Looks again and again; the test's own time limit bounds it, and no assertion depends on how long it took. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function openedWith(entries: number): Promise<IndexCollection> {
  const collection = host.open(world.spec());
  await collection.opened;
  await collection.apply(await world.create(1, entries));
  return collection;
}

test('killed in the middle of searches: they fail as retryable, it heals, and answers as before', async () => {
  const collection = await openedWith(50);
  const before = await collection.search(searchFor(23));
  const pid = host.pid!;

  const searches = Array.from({ length: 200 }, (_, n) => collection.search(searchFor(n)));
  process.kill(pid, 'SIGKILL');
  const outcomes = await Promise.allSettled(searches);
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(failures.length).toBeGreaterThan(0);
  for (const failure of failures) expect(failure).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect(collection.state).toBe('unavailable');
  expect(await collection.status()).toMatchObject({
    state: 'unavailable',
    reason: expect.stringContaining('SIGKILL'),
  });
  expect(logger.messages('error')).toContain('The index process died; it will be restarted.');

  // Committed while it is away; nobody hands it over again.
  const missed = await world.create(51, 51);
  await expect(collection.apply(missed)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });

  await until(() => collection.state === 'ready');
  expect(host.pid).not.toBe(pid);
  expect(await collection.search(searchFor(23))).toEqual({ ...before, seq: 51 });
  expect((await collection.search(searchFor(51))).keys[0]).toBe(51);
});

test('killed again and again it comes back each time, and a search without a process fails at once', async () => {
  const collection = await openedWith(5);
  for (let round = 0; round < 2; round += 1) {
    const pid = host.pid!;
    process.kill(pid, 'SIGKILL');
    await until(() => host.pid === null);
    await expect(collection.search(searchFor(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await until(() => collection.state === 'ready');
  }
  expect((await collection.search(searchFor(3))).keys[0]).toBe(3);
});

test('closing ends the process, and saves before it does', async () => {
  const collection = host.open(world.spec({ savePolicy: 'manual' }));
  await collection.opened;
  await collection.apply(await world.create(1, 9));
  const pid = host.pid!;
  await host.close();
  expect(isAlive(pid)).toBe(false);

  host = new ProcessHost({ entry, clock: systemClock, logger });
  const again = host.open(world.spec({ savePolicy: 'manual' }));
  await again.opened;
  expect((await again.status()).recovery).toMatchObject({ source: 'snapshot', replayed: 0 });
});

test('a process that cannot start is an index that is away, not a service that fails', async () => {
  const broken = join(world.directory, 'broken.mjs');
  await writeFile(broken, 'process.exit(3);\n');
  const away = new ProcessHost({ entry: pathToFileURL(broken), clock: systemClock, logger });
  const collection = away.open(world.spec());
  await collection.opened;
  expect(collection.state).toBe('unavailable');
  expect(await collection.status()).toMatchObject({
    reason: expect.stringContaining('exit code 3'),
    vectors: 0,
  });
  await expect(collection.search(searchFor(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await away.close();
});

test('while its process is being loaded nobody waits for it, and a write from then is found once it is open', async () => {
  const collection = host.open(world.spec());
  // Not one turn of the event loop in which it could have answered.
  const [status, search, write] = [
    collection.status(),
    collection.search(searchFor(1)),
    collection.apply(await world.create(1, 3)),
  ];
  expect(await status).toMatchObject({ state: 'opening', reason: expect.stringContaining('being started') });
  await expect(search).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(write).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await collection.opened;
  await until(() => collection.state === 'ready');
  expect([...(await collection.search(searchFor(2, { limit: 1 }))).keys]).toEqual([2]);
});

test('a process that hangs is killed after a minute of silence, and replaced', async () => {
  const clock = new TestClock();
  const patient = new ProcessHost({ entry, clock, logger });
  const collection = patient.open(world.spec());
  await collection.opened;
  const pid = patient.pid!;
  process.kill(pid, 'SIGSTOP');
  const hanging = expect(collection.search(searchFor(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const asked = collection.status();
  // Nobody waits that long: who searches is sent to the text search, and health is told.
  clock.advance(5_000);
  await hanging;
  expect(await asked).toMatchObject({
    state: 'unavailable',
    reason: expect.stringContaining('does not answer'),
  });
  for (let beat = 0; beat < 7; beat += 1) clock.advance(10_000);
  await until(() => patient.pid === null);
  clock.advance(10_000);
  await until(() => collection.state === 'ready');
  expect(patient.pid).not.toBe(pid);
  await patient.close();
});

test('a write waits for a process that hangs once, others not at all; when it goes on it has everything', async () => {
  const clock = new TestClock();
  const patient = new ProcessHost({ entry, clock, logger });
  const collection = patient.open(world.spec());
  await collection.opened;
  await collection.apply(await world.create(1, 3));
  process.kill(patient.pid!, 'SIGSTOP');
  const hanging = expect(collection.apply(await world.create(4, 4))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  clock.advance(5_000);
  await hanging;
  expect(collection.state).toBe('unavailable');
  await expect(collection.apply(await world.create(5, 5))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(collection.search(searchFor(4))).rejects.toMatchObject({ code: 'UNAVAILABLE' });

  process.kill(patient.pid!, 'SIGCONT');
  await until(() => collection.state === 'ready');
  for (const n of [3, 4, 5]) expect((await collection.search(searchFor(n))).keys[0]).toBe(n);
  await patient.close();
});

test('closed before its process has even started, it is closed all the same', async () => {
  const early = new ProcessHost({ entry, clock: systemClock, logger });
  const pid = early.pid!;
  await early.close();
  expect(isAlive(pid)).toBe(false);
});

test('a process that dies at every start under `auto` is given another backend in the end', async () => {
  // Stands for a native library that aborts while it opens: dies as long as it may choose by itself.
  const fragile = join(world.directory, 'fragile.mjs');
  await writeFile(
    fragile,
    `const wanted = new Promise((resolve) => process.once('message', resolve));
    const { spec } = await wanted;
    if (spec.backend === 'auto') process.kill(process.pid, 'SIGABRT');
    process.send({ kind: 'state', collection: 1, state: 'ready', hasOpened: true });
    process.on('disconnect', () => process.exit());`,
  );
  const spared = new ProcessHost({ entry: pathToFileURL(fragile), clock: systemClock, logger });
  const collection = spared.open(world.spec({ backend: 'auto' }));
  await until(() => collection.state === 'ready');
  expect(logger.messages('warn')).toContain('The index process keeps dying; another backend is tried.');
  process.kill(spared.pid!, 'SIGKILL');
  await spared.close();
});

test('when its parent is killed it ends, too', async () => {
  const program = join(world.directory, 'parent');
  await mkdir(program);
  const source = `import { fork } from 'node:child_process';
    const child = fork(${JSON.stringify(fileURLToPath(entry))}, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.on('message', () => process.send(child.pid));
    child.send({ kind: 'ping' });`;
  await writeFile(join(program, 'parent.mjs'), source);
  const parent = fork(join(program, 'parent.mjs'));
  const [pid] = (await once(parent, 'message')) as [number];
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until(() => !isAlive(pid));
});
