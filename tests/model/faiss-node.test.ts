import { test } from 'vitest';
import { openFaissBackend } from '../../adapters/index/faiss-node/backend.ts';
import { ChlError } from '../../src/core/errors.ts';
import type { VectorBackend } from '../../src/core/ports/vector-backend.ts';
import { runModel } from './run-model.ts';

function openOrReason(): VectorBackend | string {
  try {
    return openFaissBackend();
  } catch (error) {
    if (error instanceof ChlError && error.code === 'UNAVAILABLE') return error.message;
    throw error;
  }
}

const backend = openOrReason();
if (typeof backend === 'string')
  test.skip(`faiss-node agrees with the model (skipped: ${backend})`, () => undefined);
else {
  runModel(backend, { isExact: true, indexKind: 'flat', runs: 8 });
  runModel(backend, { isExact: false, indexKind: 'hnsw', runs: 8 });
}
