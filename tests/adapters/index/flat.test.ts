import { flatBackend } from '../../../adapters/index/flat/backend.ts';
import { vectorBackendSuite } from '../../conformance/vector-backend.suite.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';
import { flatLacks } from './flat-lacks.ts';

vectorBackendSuite(vitestRegistrar, () => Promise.resolve(flatBackend), flatLacks);
