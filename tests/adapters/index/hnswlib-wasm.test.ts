import { hnswlibWasmBackend } from '../../../adapters/index/hnswlib-wasm/backend.ts';
import { vectorBackendSuite } from '../../conformance/vector-backend.suite.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';
import { hnswlibWasmTests } from './hnswlib-wasm.own.ts';

vectorBackendSuite(vitestRegistrar, () => Promise.resolve(hnswlibWasmBackend));
hnswlibWasmTests(vitestRegistrar);
