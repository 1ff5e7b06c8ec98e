import { listenOnDeno } from './listen/deno-listener.ts';
import { runServe } from './serve.ts';

/** The service on Deno, from the same sources: `deno run -A src/entry/deno.ts`. */
await runServe(listenOnDeno);
