import { openFaissBackend } from '../../../adapters/index/faiss-node/backend.ts';
import { vectorBackendSuite } from '../../conformance/vector-backend.suite.ts';
import { denoRegistrar } from '../../support/deno-registrar.ts';
import { whyNoFaiss } from './faiss-node.obstacle.ts';

const obstacle = whyNoFaiss();
if (obstacle === null) vectorBackendSuite(denoRegistrar, () => Promise.resolve(openFaissBackend()));
else denoRegistrar.skip('faiss-node: all of the suite', obstacle);
