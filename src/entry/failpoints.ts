import { writeSync } from 'node:fs';
import process from 'node:process';
import { armFailpoints, FAILPOINTS, type Failpoint } from '../core/failpoints.ts';

/** What a process says on stderr, once it stands at a failpoint. */
const ANNOUNCEMENT = 'stopped at failpoint';

/**
 * Arms the failpoint that `CHL_FAILPOINTS` names as `NAME` or `NAME:N`, where N is the visit at which
 * to stop, 1 at first. To stop is to block this thread for good: whoever waits for the announcement
 * may then kill every process of the service, and finds on disk what a crash at that place leaves.
 */
export function armFailpointsFromEnvironment(): void {
  const [name, visit = '1'] = (process.env['CHL_FAILPOINTS'] ?? '').split(':');
  if (!isFailpoint(name)) return;
  let left = Number(visit);
  armFailpoints((reached) => {
    if (reached !== name) return;
    left -= 1;
    if (left === 0) stopHere(name);
  });
}

function stopHere(name: Failpoint): never {
  // Not through the stream: it would wait for an event loop that never turns again.
  writeSync(2, `${ANNOUNCEMENT} ${name}\n`);
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (;;) Atomics.wait(never, 0, 0);
}

const isFailpoint = (name: string | undefined): name is Failpoint =>
  (FAILPOINTS as readonly (string | undefined)[]).includes(name);
