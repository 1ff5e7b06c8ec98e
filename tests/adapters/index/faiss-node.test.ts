import { openFaissBackend } from '../../../adapters/index/faiss-node/backend.ts';
import { vectorBackendSuite } from '../../conformance/vector-backend.suite.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';
import { whyNoFaiss } from './faiss-node.obstacle.ts';
import { faissNodeTests } from './faiss-node.own.ts';

const obstacle = whyNoFaiss();
if (obstacle === null) {
  vectorBackendSuite(vitestRegistrar, () => Promise.resolve(openFaissBackend()));
  faissNodeTests();
} else {
  vitestRegistrar.skip('faiss-node: all of its tests', obstacle);
}
