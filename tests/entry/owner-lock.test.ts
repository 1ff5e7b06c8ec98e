import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { acquireOwnerLock } from '../../adapters/owner-lock/owner-lock.ts';
import { ChlError } from '../../src/core/errors.ts';
import { denoBinary } from '../support/build.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chl-owner-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function refusal(): ChlError {
  try {
    acquireOwnerLock(folder).release();
  } catch (error) {
    assert.ok(error instanceof ChlError);
    return error;
  }
  throw new assert.AssertionError({ message: 'a second owner was let in' });
}

describe('owner lock', () => {
  test('a second owner is refused and told who the first is', () => {
    const lock = acquireOwnerLock(folder);
    const error = refusal();
    assert.equal(error.code, 'CONFLICT');
    assert.match(error.message, new RegExp(`process ${process.pid} on `));
    lock.release();
    acquireOwnerLock(folder).release();
  });

  test('the lock dies with its process, even a killed one', async () => {
    const module = new URL('../../adapters/owner-lock/owner-lock.ts', import.meta.url).href;
    const program = `const { acquireOwnerLock } = await import(${JSON.stringify(module)});
      acquireOwnerLock(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000);`;
    const child = spawn(denoBinary(), ['eval', '--no-check', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    assert.equal(refusal().code, 'CONFLICT');
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    acquireOwnerLock(folder).release();
  });

  test('a folder that cannot be made is a clear error', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    assert.throws(() => acquireOwnerLock(join(file, 'data')), { name: 'ChlError', code: 'UNAVAILABLE' });
  });
});
