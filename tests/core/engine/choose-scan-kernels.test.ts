import { expect, test } from 'vitest';
import { chooseScanKernels } from '../../../src/core/engine/choose-scan-kernels.ts';
import { wasmScanKernels } from '../../../src/core/engine/quantised-kernel.ts';
import { ChlError } from '../../../src/core/errors.ts';
import type { NativeScanKernels } from '../../../src/core/ports/scan-kernel.ts';
import { openCollection } from '../../support/collection-fixture.ts';

const native: NativeScanKernels = () => ({ ...wasmScanKernels, name: 'native', instructions: 'played' });
const absent: NativeScanKernels = () => {
  throw new ChlError('UNAVAILABLE', 'it is not built');
};

test('native kernels are taken where they are, WebAssembly where they are not, and then it says why', () => {
  expect(chooseScanKernels('auto', native).status).toEqual({
    name: 'native',
    instructions: 'played',
    reason: null,
  });
  expect(chooseScanKernels('auto', absent).status).toEqual({
    name: 'wasm',
    instructions: 'simd128',
    reason: 'it is not built',
  });
  expect(chooseScanKernels('auto', undefined).status).toMatchObject({
    name: 'wasm',
    reason: expect.any(String),
  });
});

test('WebAssembly that was asked for asks nobody else', () => {
  expect(chooseScanKernels('wasm', absent).status).toMatchObject({ name: 'wasm', reason: null });
});

test('nothing takes the place of native kernels that were asked for by name', async () => {
  expect(() => chooseScanKernels('native', absent)).toThrow('it is not built');
  expect(() => chooseScanKernels('native', undefined)).toThrow(ChlError);
  const { collection } = await openCollection({ spec: { scanKernel: 'native' } });
  expect(await collection.status()).toMatchObject({ state: 'unavailable', scanKernel: null });
  await collection.close();
});
