import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bindings free what they hold only when V8 collects its wrapper, and V8 does not know how much that
 * is. Stalls this thread: some 50 ms with a full heap, a few in a thread of the database.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') (collect as () => void)();
}
