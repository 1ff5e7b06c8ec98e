import { hnswlibWasmBackend } from '../../adapters/index/hnswlib-wasm/backend.ts';
import { runModel } from './run-model.ts';

runModel(hnswlibWasmBackend, { isExact: false, runs: 4 });
