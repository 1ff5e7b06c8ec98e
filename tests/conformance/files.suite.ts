import assert from 'node:assert/strict';
import { ChlError } from '../../src/core/errors.ts';
import type { Files } from '../../src/core/ports/files.ts';
import type { Registrar } from './registrar.ts';

/** An empty folder, and what to do with it after the test. */
export interface FilesFixture {
  readonly files: Files;
  readonly dispose: () => Promise<void>;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const listed = async (files: Files): Promise<string[]> => (await files.list()).toSorted();

/** What every implementation of the `Files` port promises while nothing breaks. */
export function filesSuite(registrar: Registrar, name: string, fixture: () => Promise<FilesFixture>): void {
  const test = (title: string, body: (files: Files) => Promise<void>): void =>
    registrar.test(`${name}: ${title}`, async () => {
      const folder = await fixture();
      try {
        await body(folder.files);
      } finally {
        await folder.dispose();
      }
    });

  test('writes parts as one file, and reads them back', async (files) => {
    await files.write('segment-1', [bytes(1, 2), new Uint8Array(0), bytes(3)]);
    assert.deepEqual(await files.read('segment-1'), bytes(1, 2, 3));
    assert.equal(await files.sizeBytes('segment-1'), 3);
    assert.deepEqual(await listed(files), ['segment-1']);
  });

  test('writing again replaces everything, and an empty file is a file', async (files) => {
    await files.write('a', [bytes(1, 2, 3)]);
    await files.write('a', [bytes(9)]);
    assert.deepEqual(await files.read('a'), bytes(9));
    await files.write('a', []);
    assert.deepEqual(await files.read('a'), new Uint8Array(0));
    assert.equal(await files.sizeBytes('a'), 0);
  });

  test('writes a view of a larger buffer, and only the view', async (files) => {
    await files.write('a', [bytes(0, 1, 2, 3, 4).subarray(1, 4)]);
    assert.deepEqual(await files.read('a'), bytes(1, 2, 3));
  });

  test('keeps megabytes in many parts', async (files) => {
    const parts = Array.from({ length: 40 }, (_, i) => new Uint8Array(100_003).fill(i));
    await files.write('large', parts);
    const read = await files.read('large');
    assert.equal(read?.length, 40 * 100_003);
    for (const [i, part] of parts.entries()) {
      assert.equal(read[i * part.length], i);
      assert.equal(read[(i + 1) * part.length - 1], i);
    }
  });

  test('what was read belongs to the reader', async (files) => {
    await files.write('a', [bytes(1)]);
    (await files.read('a'))!.fill(7);
    assert.deepEqual(await files.read('a'), bytes(1));
  });

  test('a missing file is null or a no-op', async (files) => {
    assert.equal(await files.read('missing'), null);
    assert.equal(await files.sizeBytes('missing'), null);
    await files.remove('missing');
    await files.sync('missing');
    await files.rename('missing', 'other');
    assert.deepEqual(await listed(files), []);
  });

  test('renames over an existing file', async (files) => {
    await files.write('manifest.tmp', [bytes(2)]);
    await files.write('manifest', [bytes(1)]);
    await files.sync('manifest.tmp');
    await files.rename('manifest.tmp', 'manifest');
    await files.syncFolder();
    assert.deepEqual(await files.read('manifest'), bytes(2));
    assert.deepEqual(await listed(files), ['manifest']);
  });

  test('renaming a file to itself keeps it', async (files) => {
    await files.write('a', [bytes(1)]);
    await files.rename('a', 'a');
    assert.deepEqual(await files.read('a'), bytes(1));
  });

  test('removes', async (files) => {
    await files.write('a', [bytes(1)]);
    await files.write('b', [bytes(2)]);
    await files.remove('a');
    await files.syncFolder();
    assert.deepEqual(await listed(files), ['b']);
    assert.equal(await files.read('a'), null);
  });

  test('appends to a new file and to an existing one', async (files) => {
    const first = await files.openAppend('log');
    assert.equal(first.sizeBytes, 0);
    await first.append(bytes(1, 2));
    await first.append(bytes(3));
    await first.sync();
    assert.equal(first.sizeBytes, 3);
    await first.close();

    const second = await files.openAppend('log');
    assert.equal(second.sizeBytes, 3);
    await second.append(bytes(4));
    await second.sync();
    await second.close();
    assert.deepEqual(await files.read('log'), bytes(1, 2, 3, 4));
  });

  test('cuts a torn tail off, and goes on at the cut', async (files) => {
    await files.write('log', [bytes(1, 2, 3, 4, 5)]);
    const log = await files.openAppend('log');
    await log.truncate(2);
    assert.equal(log.sizeBytes, 2);
    await log.append(bytes(9));
    await log.sync();
    await log.close();
    assert.deepEqual(await files.read('log'), bytes(1, 2, 9));
  });

  test('a name that is not plain touches nothing', async (files) => {
    await files.write('a', [bytes(1)]);
    for (const bad of ['', '.', '..', '../a', 'a/b', '/a', 'a\\b', 'a\0', '.hidden', 'x'.repeat(300)]) {
      const isCorrupt = (error: unknown): boolean => error instanceof ChlError && error.code === 'CORRUPT';
      await assert.rejects(files.read(bad), isCorrupt, bad);
      await assert.rejects(files.write(bad, [bytes(1)]), isCorrupt, bad);
      await assert.rejects(files.remove(bad), isCorrupt, bad);
      await assert.rejects(files.rename('a', bad), isCorrupt, bad);
      await assert.rejects(files.openAppend(bad), isCorrupt, bad);
    }
    assert.deepEqual(await listed(files), ['a']);
  });
}
