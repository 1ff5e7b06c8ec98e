import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '../../support/build.ts';

export interface VictimOptions {
  /** Folder of the compiled program. */
  readonly program: string;
  readonly dataDir: string;
  /** CHL_* and what else the process is to see. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A program and its arguments that start the service in their place, e.g. as another user. */
  readonly before?: readonly string[];
}

const START_MAX_MS = 60_000;
const LINES_KEPT = 60;

/** A real service that is going to be killed: the server, its index process, its builder. */
export class Victim {
  /** Resolves with the address when it serves; rejects when it ends before. */
  readonly serving: Promise<string>;
  /** Resolves with the name of the failpoint at which it stands. */
  readonly stopped: Promise<string>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #lines: string[] = [];

  constructor({ program, dataDir, environment = {}, before = [] }: VictimOptions) {
    const start = [...before, process.execPath, join(program, 'src', 'entry', 'node.js')] as const;
    const [command, ...args] = start;
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CHL_'));
    this.#child = spawn(command, args, {
      cwd: repositoryRoot,
      env: {
        ...Object.fromEntries(inherited),
        CHL_PORT: '0',
        CHL_DATA_DIR: dataDir,
        // Not whatever model this machine happens to have.
        CHL_EMBEDDER: 'hash',
        // Where set-up puts it: the program under test is compiled elsewhere.
        CHL_FAISS_NATIVE_DIR: join(repositoryRoot, '.build', 'faiss'),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'exit');
    const overdue = setTimeout(() => this.#child.kill('SIGKILL'), START_MAX_MS);
    const stopped = deferred<string>();
    const serving = deferred<string>();
    this.stopped = stopped.promise;
    this.serving = serving.promise.finally(() => clearTimeout(overdue));
    // Who does not wait for it need not hear that it never came.
    this.serving.catch(() => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream! }).on('line', (line) => {
        this.#keep(line);
        const url = /"url":"([^"]+)".*"msg":"serving"/.exec(line)?.[1];
        if (url !== undefined) serving.resolve(url);
        const failpoint = /stopped at failpoint ([a-z.-]+)/.exec(line)?.[1];
        if (failpoint !== undefined) stopped.resolve(failpoint);
      });
    }
    this.#child.once('exit', (code, signal) =>
      serving.reject(new Error(`The service ended with ${code ?? signal}:\n${this.output}`)),
    );
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Its last lines, for the message of a failed test. */
  get output(): string {
    return this.#lines.join('\n');
  }

  /** The processes under it, nearest first; empty where there is no /proc to ask. */
  descendants(): readonly number[] {
    return descendantsOf(this.pid);
  }

  /** SIGKILL to the server and everything under it, each by its own pid. */
  async kill(): Promise<void> {
    for (const pid of [this.pid, ...this.descendants()]) killQuietly(pid);
    await this.#exited;
  }

  /** An orderly end, by SIGTERM. @returns the exit code */
  async stop(): Promise<number | null> {
    const overdue = setTimeout(() => void this.kill(), 20_000);
    this.#child.kill('SIGTERM');
    await this.#exited;
    clearTimeout(overdue);
    return this.#child.exitCode;
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines = this.#lines.slice(-LINES_KEPT);
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** What newer runtimes call `Promise.withResolvers`. */
function deferred<T>(): Deferred<T> {
  let resolve!: Deferred<T>['resolve'];
  let reject!: Deferred<T>['reject'];
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

function descendantsOf(pid: number): readonly number[] {
  let children: readonly number[];
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
