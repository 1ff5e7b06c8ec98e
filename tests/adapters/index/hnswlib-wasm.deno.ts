import { hnswlibWasmBackend } from '../../../adapters/index/hnswlib-wasm/backend.ts';
import { vectorBackendSuite } from '../../conformance/vector-backend.suite.ts';
import { denoRegistrar } from '../../support/deno-registrar.ts';
import { hnswlibWasmTests } from './hnswlib-wasm.own.ts';

vectorBackendSuite(denoRegistrar, () => Promise.resolve(hnswlibWasmBackend));
hnswlibWasmTests(denoRegistrar);
