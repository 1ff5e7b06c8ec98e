import { expect, test } from 'vitest';
import type { Files } from '../../src/core/ports/files.ts';
import { filesSuite } from '../conformance/files.suite.ts';
import { FaultyFiles } from './faulty-files.ts';
import { vitestRegistrar } from './vitest-registrar.ts';

filesSuite(vitestRegistrar, 'faulty, without a fault', async () => ({
  files: new FaultyFiles(),
  dispose: async () => undefined,
}));

const OLD = Uint8Array.of(1, 1, 1, 1);
const NEW = Uint8Array.of(2, 2, 2, 2, 2, 2);

async function replaceSafely(files: Files): Promise<void> {
  await files.write('file.tmp', [NEW]);
  await files.sync('file.tmp');
  await files.rename('file.tmp', 'file');
  await files.syncFolder();
}

async function replaceWithoutSync(files: Files): Promise<void> {
  await files.write('file.tmp', [NEW]);
  await files.rename('file.tmp', 'file');
  await files.syncFolder();
}

async function diskWithOld(atOperation: number): Promise<FaultyFiles> {
  // The first three operations put the old file there.
  const disk = new FaultyFiles({ atOperation: atOperation + 3, kind: 'crash' });
  await disk.write('file', [OLD]);
  await disk.sync('file');
  await disk.syncFolder();
  return disk;
}

/** The contents of `file` in every state that a crash at any operation may leave, each once. */
async function contentsAfterCrashes(replace: (files: Files) => Promise<void>): Promise<Set<string>> {
  const contents = new Set<string>();
  for (let operation = 1; ; operation += 1) {
    const disk = await diskWithOld(operation);
    await replace(disk).catch(() => undefined);
    if (!disk.crashed) return contents;
    for (const { files } of disk.survivingStates([1, 3])) contents.add(String(await files.read('file')));
  }
}

test('write, sync, rename, sync the folder: the old file or the new one, whenever the power goes', async () => {
  expect(await contentsAfterCrashes(replaceSafely)).toEqual(new Set([String(OLD), String(NEW)]));
});

test('without the sync the file may be empty, torn or zero: the model catches the mistake', async () => {
  const contents = await contentsAfterCrashes(replaceWithoutSync);
  for (const damaged of ['', '2', '2,2,2', '0,0,0,0,0,0']) expect(contents).toContain(damaged);
});

test('appended bytes are lost, torn or kept until they are synced', async () => {
  const disk = new FaultyFiles();
  const log = await disk.openAppend('log');
  await log.append(OLD);
  await log.sync();
  await disk.syncFolder();
  await log.append(NEW);
  disk.crash();
  const states = [...disk.survivingStates([2])];
  const contents = await Promise.all(states.map(async ({ files }) => [...(await files.read('log'))!]));
  expect(contents).toEqual([[...OLD], [...OLD, ...NEW], [...OLD, 0, 0, 0, 0, 0, 0], [...OLD, 2, 2]]);
});

test('names that were not synced survive in order: never the second change without the first', async () => {
  const disk = new FaultyFiles();
  await disk.write('a', [OLD]);
  await disk.sync('a');
  await disk.rename('a', 'b');
  disk.crash();
  const names = await Promise.all([...disk.survivingStates([])].map(({ files }) => files.list()));
  expect(new Set(names.map(String))).toEqual(new Set(['', 'a', 'b']));
});

test('after a crash nothing works; before it every operation counts', async () => {
  const disk = new FaultyFiles({ atOperation: 2, kind: 'crash' });
  await disk.write('a', [OLD]);
  await expect(disk.sync('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(disk.read('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(disk.operations).toBe(2);
});

test('a full disk leaves half a write behind and goes on working', async () => {
  const disk = new FaultyFiles({ atOperation: 1, kind: 'full' });
  await expect(disk.write('a', [OLD])).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  expect(await disk.read('a')).toEqual(OLD.slice(0, 2));
  await disk.write('a', [NEW]);
  expect(await disk.read('a')).toEqual(NEW);
});

test('bytes of a failed sync stay lost when the next sync succeeds, unless they are written anew', async () => {
  const surviving = async (rewrite: boolean): Promise<number[]> => {
    const disk = new FaultyFiles({ atOperation: 2, kind: 'broken' });
    const log = await disk.openAppend('log');
    await log.append(OLD);
    await expect(log.sync()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    if (rewrite) {
      await log.truncate(0);
      await log.append(OLD);
    }
    await log.sync();
    await disk.syncFolder();
    disk.crash();
    const [state] = disk.survivingStates([]);
    return [...(await state!.files.read('log'))!];
  };
  expect(await surviving(false)).toEqual([0, 0, 0, 0]);
  expect(await surviving(true)).toEqual([...OLD]);
});
