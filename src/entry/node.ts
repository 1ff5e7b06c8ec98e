import { armFailpointsFromEnvironment } from './failpoints.ts';
import { runServe } from './serve.ts';

/** The service on Node. */
armFailpointsFromEnvironment();
await runServe();
