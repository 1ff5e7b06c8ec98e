import { armFailpointsFromEnvironment } from './failpoints.ts';
import { listenOnDeno } from './listen/deno-listener.ts';
import { runServe } from './serve.ts';

/** The service on Deno, from the same sources: `deno run -A src/entry/deno.ts`. */
armFailpointsFromEnvironment();
await runServe(() => Promise.resolve(listenOnDeno));
