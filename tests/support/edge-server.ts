import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { bundleEdge } from '../../scripts/edge/bundle.mjs';
import { denoBinary, repositoryRoot } from './build.ts';
import { stopProcess } from './server.ts';

export const EDGE_ENTRY = join(repositoryRoot, 'src/entry/edge.ts');

const START_MAX_MS = 60_000;

/** The bundle in a folder of its own, with modules of an operator beside it. */
export class EdgeBundle {
  readonly #folder: string;
  #modules = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async build(): Promise<EdgeBundle> {
    const folder = await mkdtemp(join(tmpdir(), 'chl-edge-'));
    const { code } = await bundleEdge(EDGE_ENTRY);
    await writeFile(join(folder, 'chl-edge.js'), code);
    return new EdgeBundle(folder);
  }

  /** An isolate with network permission alone, configured by its operator's module. */
  serve(variables: Readonly<Record<string, string>>): Promise<EdgeServer> {
    return this.#start(`import { createEdge } from './chl-edge.js';
export default createEdge(${JSON.stringify(variables)});`);
  }

  /** The bundle as it is, with these variables in the process's environment. */
  serveBare(
    environment: Readonly<Record<string, string>>,
    permissions: readonly string[],
  ): Promise<EdgeServer> {
    return this.#start(`export { default } from './chl-edge.js';`, permissions, environment);
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  async #start(
    text: string,
    permissions: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<EdgeServer> {
    this.#modules += 1;
    const module = join(this.#folder, `operator-${this.#modules}.js`);
    await writeFile(module, text);
    const where = ['--host', '127.0.0.1', '--port', '0'];
    const child = spawn(
      denoBinary(),
      ['serve', '--no-config', '--no-prompt', '--allow-net', ...permissions, ...where, module],
      { env: { ...withoutOurs(), ...environment, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    return serving(child);
  }
}

export interface EdgeServer {
  readonly url: string;
  /** What the service has logged so far, one JSON line each. */
  readonly output: readonly string[];
  /** Without a goodbye, as platforms end isolates. */
  kill(): Promise<void>;
}

async function serving(child: ChildProcess): Promise<EdgeServer> {
  const output: string[] = [];
  const overdue = setTimeout(() => child.kill('SIGKILL'), START_MAX_MS);
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`deno serve ended:\n${output.join('\n')}`)));
    const onLine = (line: string): void => {
      output.push(line);
      const found = /Listening on (http:\/\/[^\s/]+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    };
    createInterface({ input: child.stdout! }).on('line', onLine);
    createInterface({ input: child.stderr! }).on('line', onLine);
  });
  clearTimeout(overdue);
  return {
    url,
    output,
    kill: async () => {
      child.kill('SIGKILL');
      await stopProcess(child);
    },
  };
}

const withoutOurs = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('CHL_'),
    ),
  );
