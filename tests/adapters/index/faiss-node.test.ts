import { vectorBackendSuite } from '../../conformance/vector-backend.suite.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';
import { openFaissBackend } from '../../../adapters/index/faiss-node/backend.ts';
vectorBackendSuite(vitestRegistrar, () => Promise.resolve(openFaissBackend()));
