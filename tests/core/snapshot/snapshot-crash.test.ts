import { expect, test } from 'vitest';
import type { Files } from '../../../src/core/ports/files.ts';
import { MANIFEST, temporaryName } from '../../../src/core/snapshot/file-names.ts';
import { FaultyFiles } from '../../support/faulty-files.ts';
import type { Fault } from '../../support/faulty-files.ts';
import { brokenPromise, liveAt, liveIn, play, recordOf, storeOn } from './crash-scenario.ts';
import type { Progress } from './crash-scenario.ts';
import { mark, nonceOf } from './sample.ts';

interface Finding {
  readonly fault: string;
  readonly promise: string;
}

interface Survey {
  readonly findings: readonly Finding[];
  /** Faults tried, and folders examined after them. */
  readonly faults: number;
  readonly folders: number;
}

/** Plays the whole life once for every operation that can fail, and looks at every disk it may leave. */
async function survey(
  kind: Fault['kind'],
  program: (files: Files) => Files = (files) => files,
): Promise<Survey> {
  const findings: Finding[] = [];
  let folders = 0;
  for (let atOperation = 1; ; atOperation += 1) {
    const disk = new FaultyFiles({ atOperation, kind });
    const progress: Progress = { appendedTo: 0, generation: 0 };
    // With the power gone the play ends early; that is the point.
    await play(program(disk), progress).catch(() => undefined);
    if (disk.operations < atOperation) return { findings, faults: atOperation - 1, folders };
    disk.crash();
    for (const { description, files } of disk.survivingStates()) {
      folders += 1;
      const promise = await brokenPromise(files, progress);
      if (promise !== null) findings.push({ fault: `${kind} at ${atOperation}: ${description}`, promise });
    }
  }
}

test('the play itself, on a disk without faults, ends as the history says', async () => {
  const disk = new FaultyFiles();
  const progress = { appendedTo: 0, generation: 0 };
  await play(disk, progress);
  expect(progress).toEqual({ appendedTo: 15, generation: 4 });
  const { snapshot } = await storeOn(disk).open(nonceOf);
  expect(liveIn(snapshot!)).toEqual(liveAt(15));
});

test('power lost at any operation: the old snapshot or the new one, complete to what was acknowledged', async () => {
  const { findings, faults, folders } = await survey('crash');
  expect(findings).toEqual([]);
  expect(faults).toBeGreaterThan(50);
  expect(folders).toBeGreaterThan(500);
});

test.each(['full', 'broken'] as const)(
  'a disk that is %s at any one operation: the step is tried again and nothing is lost',
  async (kind) => {
    const { findings, faults } = await survey(kind);
    expect(findings).toEqual([]);
    expect(faults).toBeGreaterThan(50);
  },
);

test('what a crash left can be written to, saved, cleaned and opened again', async () => {
  for (let atOperation = 1; ; atOperation += 1) {
    const disk = new FaultyFiles({ atOperation, kind: 'crash' });
    await play(disk, { appendedTo: 0, generation: 0 }).catch(() => undefined);
    if (!disk.crashed) break;
    for (const { description, files } of disk.survivingStates()) {
      const store = storeOn(files);
      const { snapshot } = await store.open(nonceOf);
      if (snapshot === null) continue;
      const from = snapshot.completeTo.seq;
      await store.collectGarbage();
      await store.append([recordOf(from, from + 7)]);
      const { segments, logFrom } = snapshot.manifest;
      await store.publish({
        segments,
        logFrom: snapshot.growing[0]?.number ?? (await store.currentLog()),
        asOf: mark(from),
      });
      await store.collectGarbage();
      await store.close();
      expect(logFrom).toBeGreaterThan(0);
      expect(await brokenPromise(files, { appendedTo: from + 7, generation: 1 }), description).toBeNull();
    }
  }
});

/** The same program with one mistake in how it uses the disk. */
const mistakes: Readonly<Record<string, (files: Files) => Files>> = {
  'no file is synced before it is renamed': (files) => overriding(files, { sync: async () => undefined }),
  'the folder is not synced': (files) => overriding(files, { syncFolder: async () => undefined }),
  'the log is not synced': (files) =>
    overriding(files, {
      openAppend: async (name) => {
        const file = await files.openAppend(name);
        return {
          get sizeBytes() {
            return file.sizeBytes;
          },
          append: (bytes) => file.append(bytes),
          sync: async () => undefined,
          truncate: (sizeBytes) => file.truncate(sizeBytes),
          close: () => file.close(),
        };
      },
    }),
  'the manifest is written in place and keeps no backup': (files) =>
    overriding(files, {
      write: (name, parts) => files.write(name === temporaryName(MANIFEST) ? MANIFEST : name, parts),
      sync: (name) => files.sync(name === temporaryName(MANIFEST) ? MANIFEST : name),
      rename: async (from, to) => {
        if (from !== MANIFEST && to !== MANIFEST) await files.rename(from, to);
      },
    }),
  'the old files are removed before the new manifest is there': (files) =>
    overriding(files, {
      rename: async (from, to) => {
        if (to === MANIFEST) {
          for (const name of await files.list()) if (name.startsWith('growing-')) await files.remove(name);
        }
        await files.rename(from, to);
      },
    }),
};

test.each(Object.entries(mistakes))('the survey sees a planted mistake: %s', async (_, program) => {
  expect((await survey('crash', program)).findings).not.toEqual([]);
});

function overriding(files: Files, changes: Partial<Files>): Files {
  return {
    list: () => files.list(),
    sizeBytes: (name) => files.sizeBytes(name),
    read: (name) => files.read(name),
    write: (name, parts) => files.write(name, parts),
    sync: (name) => files.sync(name),
    rename: (from, to) => files.rename(from, to),
    remove: (name) => files.remove(name),
    syncFolder: () => files.syncFolder(),
    openAppend: (name) => files.openAppend(name),
    ...changes,
  };
}
