import { openFaissBackend } from '../../../adapters/index/faiss-node/backend.ts';
import { ChlError } from '../../../src/core/errors.ts';

/** Why FAISS is not tested here: a machine may lack it, and set-up says so. Where CI runs it has to be there. */
export function whyNoFaiss(): string | null {
  try {
    openFaissBackend();
    return null;
  } catch (error) {
    if (error instanceof ChlError && error.code === 'UNAVAILABLE' && process.env['CI'] === undefined) {
      return `${error.message} ${error.hint}`;
    }
    throw error;
  }
}
