import { runHttpSuites } from './support/run-suites.ts';

runHttpSuites('node', 'hnswlib-wasm');
