import { runHttpSuites } from './support/run-suites.ts';

runHttpSuites('deno', 'hnswlib-wasm');
