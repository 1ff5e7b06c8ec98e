import { listenOnNode } from './listen/node-listener.ts';
import { runServe } from './serve.ts';

/** The service on Node. */
await runServe(listenOnNode);
