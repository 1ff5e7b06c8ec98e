import { test } from 'vitest';
import { openFaissBackend } from '../../../adapters/index/faiss-node/backend.ts';
import { ChlError } from '../../../src/core/errors.ts';
import { vectorBackendSuite } from '../../conformance/vector-backend.suite.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';
import { faissNodeTests } from './faiss-node.own.ts';

const obstacle = whyNoFaiss();
if (obstacle === null) {
  vectorBackendSuite(vitestRegistrar, () => Promise.resolve(openFaissBackend()));
  faissNodeTests();
} else {
  test.skip(`faiss-node (skipped: ${obstacle})`, () => undefined);
}

/** A machine may lack FAISS, and set-up says so; where CI runs it is there or the run fails. */
function whyNoFaiss(): string | null {
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
