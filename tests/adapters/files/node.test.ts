import { existsSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { NodeFiles } from '../../../adapters/files/node/node-files.ts';
import { storageError } from '../../../adapters/files/node/storage-error.ts';
import { filesSuite } from '../../conformance/files.suite.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';
import { nodeFilesFixture } from './fixtures.ts';

filesSuite(vitestRegistrar, 'node', nodeFilesFixture);

const FULL_DISK = '/dev/full';
const some = [new Uint8Array(1000).fill(1)];

test.skipIf(!existsSync(FULL_DISK))('a full disk is STORAGE_FULL, for a file and for a log', async () => {
  const { files, folder, dispose } = await nodeFilesFixture();
  onTestFinished(dispose);
  await symlink(FULL_DISK, join(folder, 'full'));
  await expect(files.write('full', some)).rejects.toMatchObject({ code: 'STORAGE_FULL', retryable: true });
  const log = await files.openAppend('full');
  await expect(log.append(some[0]!)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  await log.close();
});

test('a folder that disappears is UNAVAILABLE, not an empty index', async () => {
  const { files, folder, dispose } = await nodeFilesFixture();
  onTestFinished(dispose);
  await files.write('a', some);
  await rm(folder, { recursive: true });
  await expect(files.list()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(files.write('a', some)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(files.syncFolder()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(files.openAppend('log')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('a folder in the place of a file is CORRUPT, and is not listed', async () => {
  const { files, folder, dispose } = await nodeFilesFixture();
  onTestFinished(dispose);
  await mkdir(join(folder, 'segment-1'));
  await expect(files.read('segment-1')).rejects.toMatchObject({ code: 'CORRUPT' });
  expect(await files.list()).toEqual([]);
});

test('opens a folder below folders that do not exist yet, and an existing one', async () => {
  const { folder, dispose } = await nodeFilesFixture();
  onTestFinished(dispose);
  const deep = join(folder, 'a', 'b', 'c');
  await (await NodeFiles.open(deep)).write('x', some);
  expect(await (await NodeFiles.open(deep)).list()).toEqual(['x']);
});

test('every errno is in the closed set, and no path reaches the message', () => {
  const failure = (code: string): Error => Object.assign(new Error(`${code}: /secret/path`), { code });
  const codeOf = (errno: string): string => storageError(failure(errno), 'write').code;
  expect(['ENOSPC', 'EDQUOT'].map(codeOf)).toEqual(['STORAGE_FULL', 'STORAGE_FULL']);
  expect(['EROFS', 'EACCES', 'EIO', 'EMFILE', 'EWHATEVER'].map(codeOf)).toEqual(
    Array.from({ length: 5 }, () => 'UNAVAILABLE'),
  );
  expect(JSON.stringify(storageError(failure('EROFS'), 'write').toData())).not.toContain('secret');
});
