import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
export const ROOT = resolve(import.meta.dirname, '../..');

/**
 * A tool that brings a container engine and a base image to a machine that has none. It lies beside the
 * clone on the machines where this project is built; elsewhere a Dockerfile is tried by hand.
 */
const TOOL = resolve(ROOT, process.env['CHL_CONTAINER_TOOL'] ?? '../shared/tools/container-lab');
const BASE = ['bookworm', '24'];

export interface Output {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why no image can be built here; null when one can. */
export function whyNoContainers(): string | null {
  if (!existsSync(TOOL)) return 'there is no container tool beside the clone';
  if (process.getuid?.() !== 0) return 'containers are built as root only';
  return null;
}

export class ContainerEngine {
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  static async setUp(): Promise<ContainerEngine> {
    await must('set-up', run(TOOL, ['setup', ...BASE], process.env));
    const { stdout } = await must('env', run(TOOL, ['env'], process.env));
    const exported = [...stdout.matchAll(/^export (\w+)=(.*)$/gm)].map(
      ([, name, value]) => [name!, value!] as const,
    );
    return new ContainerEngine({ ...process.env, ...Object.fromEntries(exported) });
  }

  podman(...args: readonly string[]): Promise<Output> {
    return run('podman', args, this.#environment);
  }

  compose(...args: readonly string[]): Promise<Output> {
    return run(TOOL, ['compose', ...args], this.#environment);
  }

  async build(tag: string, ...options: readonly string[]): Promise<void> {
    await must(
      'build',
      this.podman('build', '--format', 'docker', '--network', 'host', ...options, '-t', tag, ROOT),
    );
  }
}

/** @throws with the end of what the command said when it failed */
export async function must(what: string, output: Promise<Output>): Promise<Output> {
  const done = await output;
  if (!done.ok) throw new Error(`${what} failed: ${`${done.stdout}\n${done.stderr}`.trim().slice(-2000)}`);
  return done;
}

async function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Output> {
  try {
    const { stdout, stderr } = await exec(file, args, {
      cwd: ROOT,
      env,
      maxBuffer: 64 * 1024 * 1024,
      timeout: 900_000,
    });
    return { ok: true, stdout, stderr };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { ok: false, stdout, stderr: stderr === '' ? String(error) : stderr };
  }
}
