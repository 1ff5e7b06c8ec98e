import { flatBackend } from '../../../adapters/index/flat/backend.ts';
import { vectorBackendSuite } from '../../conformance/vector-backend.suite.ts';
import { denoRegistrar } from '../../support/deno-registrar.ts';
import { flatLacks } from './flat-lacks.ts';

vectorBackendSuite(denoRegistrar, () => Promise.resolve(flatBackend), flatLacks);
