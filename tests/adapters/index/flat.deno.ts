import { flatBackend } from '../../../adapters/index/flat/backend.ts';
import { vectorBackendSuite } from '../../conformance/vector-backend.suite.ts';
import { denoRegistrar } from '../../support/deno-registrar.ts';
import { flatLacks } from './lack-reasons.ts';

vectorBackendSuite(denoRegistrar, () => Promise.resolve(flatBackend), flatLacks);
