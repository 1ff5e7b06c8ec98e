import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildScanKernel } from '../../scripts/setup/scan-kernel.mjs';

test('without a compiler set-up says so, and leaves no half of a kernel', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chl-kernel-'));
  try {
    const target = join(folder, 'scan-kernel.node');
    const status = await buildScanKernel({ compiler: 'no-such-compiler', target });
    expect(status).toEqual({ state: 'unavailable', reason: expect.stringContaining('no-such-compiler') });
    expect(existsSync(target)).toBe(false);
  } finally {
    await rm(folder, { recursive: true });
  }
});
