import { boundHeapGrowth } from '../../adapters/native/heap-growth.ts';
import { armFailpointsFromEnvironment } from './failpoints.ts';
import { runServe } from './serve.ts';

/** The service on Node. */
armFailpointsFromEnvironment();
boundHeapGrowth();
await runServe();
