import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { buildProgram, denoBinary, repositoryRoot } from './build.ts';

export type Runtime = 'node' | 'deno';

export interface ServerOptions {
  readonly runtime: Runtime;
  /** CHL_* variables beside those that a test server always has. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Kept when the server stops; otherwise a new folder, removed with it. */
  readonly dataDir?: string;
  /** False: as soon as it answers, which is before its index is open. */
  readonly awaitsIndex?: boolean;
}

/** A real service in a process of its own, on a free port of loopback. */
export interface TestServer {
  readonly url: string;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** The generated key is printed on stdout, outside the log. */
  readonly output: readonly string[];
  /** SIGTERM, and the end of the process. */
  stop(): Promise<{ readonly exitCode: number | null }>;
}

const START_MAX_MS = 90_000;
const STOP_MAX_MS = 30_000;

/**
 * Resolves when the service says that it serves, and its index has opened, or said why it cannot.
 * @throws with its output when it ends before
 */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'chl-http-')));
  const child = await startProgram(options.runtime, {
    CHL_PORT: '0',
    CHL_DATA_DIR: dataDir,
    ...options.environment,
  });
  const output: string[] = [];
  const url = await startUrl(child, output);
  if (options.awaitsIndex !== false) await indexOpened(url);
  return {
    url,
    dataDir,
    process: child,
    output,
    async stop() {
      await stopProcess(child);
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
      return { exitCode: child.exitCode };
    },
  };
}

/** The program with exactly these CHL_* variables. */
export async function startProgram(
  runtime: Runtime,
  variables: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const [program, args] =
    runtime === 'node'
      ? [process.execPath, [join(await buildProgram(), 'src', 'entry', 'node.js')]]
      : [
          denoBinary(),
          ['run', '-A', '--unstable-no-legacy-abort', join(repositoryRoot, 'src', 'entry', 'deno.ts')],
        ];
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CHL_'));
  return spawn(program, args, {
    cwd: repositoryRoot,
    env: { ...Object.fromEntries(inherited), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(overdue);
}

/** What health says of an index that is on its way. */
const OPENING = /is being (started|opened)|is opening|still being read/;

async function indexOpened(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/health`);
    const { components } = (await response.json()) as {
      readonly components: { readonly faiss_index: { readonly detail: string } };
    };
    if (!OPENING.test(components.faiss_index.detail)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function startUrl(child: ChildProcess, output: string[]): Promise<string> {
  const overdue = setTimeout(() => child.kill('SIGKILL'), START_MAX_MS);
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code, signal) =>
      reject(new Error(`The server ended with ${code ?? signal}:\n${[...output, ...errors].join('\n')}`)),
    );
    createInterface({ input: child.stdout! }).on('line', (line) => {
      output.push(line);
      const found = /"url":"([^"]+)".*"msg":"serving"/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  clearTimeout(overdue);
  return url;
}
