import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/**
 * V8 lets the young generation grow to 48 MB (three semi-spaces of 16) before it looks what of it is garbage. A
 * child's messages are a megabyte or two each and are dead when they are answered: 4 MB collect them
 * as well, for no more processor time.
 */
const SEMI_SPACE_MB = 4;

/**
 * For glibc, read once at start; other C libraries ignore it. A segment's vectors are blocks of 1.5 to
 * 100 MB that live for seconds. By default the first one that is freed teaches glibc to keep blocks of
 * its size, and as many megabytes again at the end of the heap; with fixed thresholds (its own initial
 * ones) a block goes back to the system when it is freed. The arenas are the heaps that threads take
 * turns in: the thread pool reads and hashes files, and each would keep what its largest one took.
 */
const ALLOCATOR = {
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_ARENA_MAX: '2',
};

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
    env: { ...ALLOCATOR, ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    execArgv: [
      `--max-semi-space-size=${SEMI_SPACE_MB}`,
      // A debugger's port of the parent must not be opened twice.
      ...process.execArgv.filter((argument) => !argument.startsWith('--inspect')),
    ],
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
