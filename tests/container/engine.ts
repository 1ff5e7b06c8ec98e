import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { installSystemPackages } from '../../scripts/setup/system-packages.mjs';

const exec = promisify(execFile);
export const ROOT = resolve(import.meta.dirname, '../..');

/**
 * A tool that brings a container engine and a base image to a machine that has none. It lies beside the
 * clone on the machines where this project is built; elsewhere a Dockerfile is tried by hand.
 */
const TOOL = resolve(ROOT, process.env['CHL_CONTAINER_TOOL'] ?? '../shared/tools/container-lab');
const NODE_BASE = 'docker.io/library/node:24-bookworm-slim';
/** No registry is reached here: the base image with Node stands for the one without, as both are bookworm. */
const DEBIAN_BASE = 'docker.io/library/debian:bookworm-slim';
/** Bookworm's podman finds containers by name with this plug-in only, which it does not bring. */
const NAMES_PLUGIN = '/usr/lib/cni/dnsname';
const NAMES_PACKAGES = ['golang-github-containernetworking-plugin-dnsname', 'dnsmasq-base'];

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
    await must('set-up', run(TOOL, ['setup', 'bookworm', '24'], process.env));
    if (!existsSync(NAMES_PLUGIN)) {
      const obstacle = await installSystemPackages(NAMES_PACKAGES);
      if (obstacle !== null) throw new Error(obstacle);
    }
    const { stdout } = await must('env', run(TOOL, ['env'], process.env));
    const exported = [...stdout.matchAll(/^export (\w+)=(.*)$/gm)].map(
      ([, name, value]) => [name!, value!] as const,
    );
    const engine = new ContainerEngine({ ...process.env, ...Object.fromEntries(exported) });
    await must('tag', engine.podman('tag', NODE_BASE, DEBIAN_BASE));
    return engine;
  }

  podman(...args: readonly string[]): Promise<Output> {
    return run('podman', args, this.#environment);
  }

  compose(...args: readonly string[]): Promise<Output> {
    return run(TOOL, ['compose', ...args], this.#environment);
  }

  /** @param context the folder with the Dockerfile */
  async build(tag: string, context = ROOT, ...options: readonly string[]): Promise<void> {
    await must(
      'build',
      this.podman('build', '--format', 'docker', '--network', 'host', ...options, '-t', tag, context),
    );
  }

  /** @param field a Go template, as `podman inspect` takes it */
  async inspect(what: string, field: string): Promise<string> {
    const { stdout } = await must('inspect', this.podman('inspect', what, '--format', field));
    return stdout.trim();
  }

  /** Where a container is reached from this machine: nothing need be published, no port be free. */
  address(container: string): Promise<string> {
    return this.inspect(container, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}');
  }
}

/** @throws with the end of what the command said when it failed */
export async function must(what: string, output: Promise<Output>): Promise<Output> {
  const done = await output;
  if (!done.ok) throw new Error(`${what} failed: ${`${done.stdout}\n${done.stderr}`.trim().slice(-2000)}`);
  return done;
}

/** Polls until the answer is truthy, at most two minutes. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 120_000;
  let failure: unknown;
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      failure = error;
      return undefined;
    });
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`not within two minutes: ${what}`, { cause: failure });
    await new Promise((wake) => setTimeout(wake, 100));
  }
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
