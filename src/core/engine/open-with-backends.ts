import { ChlError, toChlError } from '../errors.ts';
import type { VectorBackend } from '../ports/vector-backend.ts';
import { chooseScanKernels } from './choose-scan-kernels.ts';
import type { BackendCandidate } from './collection-options.ts';
import { recover, type OpenIndex, type RecoveryContext } from './recovery.ts';

/** Step 5 of the ladder: under `auto` the next backend is tried when one cannot be had. */
export async function openWithBackends(
  context: Omit<RecoveryContext, 'backend' | 'scanning'>,
): Promise<OpenIndex> {
  const { spec, backends, nativeKernels } = context.options;
  const scanning = chooseScanKernels(spec.scanKernel, nativeKernels);
  const candidates =
    spec.backend === 'auto' ? backends : backends.filter(({ name }) => name === spec.backend);
  const { backend, refused } = await firstThatLoads(candidates, spec.backend);
  const index = await recover({ ...context, backend, scanning });
  const reasons = [...refused, ...index.recovery.reasons];
  return { ...index, recovery: { ...index.recovery, reasons } };
}

interface LoadedBackend {
  readonly backend: VectorBackend;
  /** Why those before it could not be loaded. */
  readonly refused: readonly string[];
}

/** @throws UNAVAILABLE with all their reasons */
async function firstThatLoads(
  candidates: readonly BackendCandidate[],
  choice: string,
): Promise<LoadedBackend> {
  const refused: string[] = [];
  for (const candidate of candidates) {
    try {
      return { backend: await candidate.load(), refused };
    } catch (error) {
      refused.push(`${candidate.name}: ${toChlError(error, 'index.backend').message}`);
    }
  }
  const why = refused.length === 0 ? 'there is none of that name here' : refused.join('; ');
  throw new ChlError('UNAVAILABLE', `No vector backend for "${choice}" could be loaded: ${why}`);
}
