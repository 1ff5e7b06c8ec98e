import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const PROBE = new URL('loop-probe.mjs', import.meta.url);
const ANSWER_MAX_MS = 10_000;

/** Asks the processes of a service how long their event loops were blocked at most. */
export class LoopDelays {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<LoopDelays> {
    return new LoopDelays(await mkdtemp(join(tmpdir(), 'chl-loop-')));
  }

  /** For the service to be started with; its children inherit it. */
  get environment(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import ${PROBE.href}`, BENCH_LOOP_FOLDER: this.#folder };
  }

  /** Milliseconds since the last time it was asked. */
  async longestMs(pid: number): Promise<number> {
    const file = join(this.#folder, String(pid));
    await rm(file, { force: true });
    process.kill(pid, 'SIGUSR2');
    const untilMs = performance.now() + ANSWER_MAX_MS;
    for (;;) {
      const text = await readFile(file, 'utf8').catch(() => '');
      if (text.endsWith('}')) return (JSON.parse(text) as { longestMs: number }).longestMs;
      if (performance.now() > untilMs) throw new Error(`Process ${pid} does not tell its event-loop delay.`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
