import { ChlError, toChlError } from '../errors.ts';
import {
  CODES_PER_TURN,
  type NativeScanKernels,
  type ScanKernelChoice,
  type ScanKernels,
  type ScanKernelStatus,
} from '../ports/scan-kernel.ts';
import { wasmScanKernels } from './quantised-kernel.ts';

export interface ChosenScanKernels {
  readonly kernels: ScanKernels;
  readonly status: ScanKernelStatus;
}

const PROBE_BYTES = 65_536;
const NO_NATIVE_CODE = 'native code is for an index process of its own';

/**
 * Native kernels where they are to be had, else WebAssembly, which says why.
 * @throws UNAVAILABLE when native ones were asked for by name, and there are none
 */
export function chooseScanKernels(
  choice: ScanKernelChoice,
  native: NativeScanKernels | undefined,
): ChosenScanKernels {
  if (choice === 'wasm') return wasmBecause(null);
  try {
    if (native === undefined) throw new ChlError('UNAVAILABLE', NO_NATIVE_CODE);
    const kernels = native(choice);
    return { kernels, status: { name: kernels.name, instructions: kernels.instructions, reason: null } };
  } catch (error) {
    if (choice === 'native') throw error;
    return wasmBecause(toChlError(error, 'index.scan-kernel').message);
  }
}

function wasmBecause(reason: string | null): ChosenScanKernels {
  const kernels = wasmScanKernels;
  const { name, instructions } = kernels;
  const status: ScanKernelStatus =
    kernels.allocate(CODES_PER_TURN, PROBE_BYTES) === null
      ? { name: 'none', instructions: null, reason: 'WebAssembly with SIMD cannot be used here' }
      : { name, instructions, reason };
  return { kernels, status };
}
