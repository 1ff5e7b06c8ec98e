import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/**
 * Starts a compiled entry as a child that speaks by structured clone, so that typed arrays cross as
 * they are: 31 µs a round trip with a query vector.
 *
 * @param onLine what it prints, line by line: only a native library's last words should come this way
 */
export function forkEntry(entry: URL, onLine: (line: string) => void): ChildProcess {
  const child = fork(fileURLToPath(entry), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Read once by OpenMP at start. More threads made searches 20–30 times slower on a busy machine
    // with two cores; parallelism comes from processes.
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    // A debugger's port of the parent must not be opened twice.
    execArgv: process.execArgv.filter((argument) => !argument.startsWith('--inspect')),
  });
  readLines(child.stdout, onLine);
  readLines(child.stderr, onLine);
  return child;
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', onLine);
}

/** How a process ended, for people: `signal SIGKILL` or `exit code 1`. */
export const endingOf = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exit code ${code}` : `signal ${signal}`;
