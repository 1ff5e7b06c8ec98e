import { armFailpointsFromEnvironment } from './failpoints.ts';
import { listenOnNode } from './listen/node-listener.ts';
import { runServe } from './serve.ts';

/** The service on Node. */
armFailpointsFromEnvironment();
await runServe(listenOnNode);
