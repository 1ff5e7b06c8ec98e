import { flatBackend } from '../../adapters/index/flat/backend.ts';
import { runModel } from './run-model.ts';

runModel(flatBackend, { isExact: true });
