import { loadNativeAddon, type NativeAddon } from '../../adapters/scan-kernel/native-addon.ts';
import { nativeKernels } from '../../adapters/scan-kernel/native-scan-kernels.ts';
import { ChlError } from '../../src/core/errors.ts';
import type { ScanKernels } from '../../src/core/ports/scan-kernel.ts';

/** Null where there is no compiler: set-up said so. */
export function loadedAddon(): NativeAddon | null {
  try {
    return loadNativeAddon();
  } catch (error) {
    if (error instanceof ChlError && error.code === 'UNAVAILABLE') return null;
    throw error;
  }
}

/** Kernels of every instruction set that this CPU has. */
export const supportedLevels = (
  addon: NativeAddon | null,
): readonly { readonly name: string; readonly kernels: ScanKernels }[] =>
  (addon?.levels ?? []).flatMap(({ name, isSupported }, level) =>
    isSupported ? [{ name, kernels: nativeKernels(addon!, level) }] : [],
  );
