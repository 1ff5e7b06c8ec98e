import { ChlError } from '../../../src/core/errors.ts';
import type { BackendCandidate } from '../../../src/core/engine/collection-options.ts';
import type { BuildContext } from '../../../src/core/snapshot/build-segment.ts';

/**
 * The backend that a build task names.
 * @throws CONFIGURATION when this program has none of that name, UNAVAILABLE when it does not load
 */
export function backendLoader(candidates: readonly BackendCandidate[]): BuildContext['backend'] {
  return async (name) => {
    const candidate = candidates.find((one) => one.name === name);
    if (candidate !== undefined) return candidate.load();
    throw new ChlError('CONFIGURATION', `The backend ${name} is not part of this program.`, {
      operation: 'segment.build',
    });
  };
}
