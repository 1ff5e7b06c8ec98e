import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const EVENTS = ['syscalls:sys_enter_fsync', 'syscalls:sys_enter_fdatasync'];

/**
 * How often processes, and the children they start, call fsync or fdatasync: counted by the kernel's
 * own tracepoints, through `perf stat`, which costs the counted nothing that can be measured.
 */
export class SyncCounter {
  readonly #perf: ChildProcess;
  #output = '';

  private constructor(perf: ChildProcess) {
    this.#perf = perf;
    perf.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  /** @returns null where there is no `perf`, or it may not count; then there is no figure */
  static async start(pids: readonly number[]): Promise<SyncCounter | null> {
    const perf = spawn('perf', ['stat', '-x', ',', '-e', EVENTS.join(','), '-p', pids.join(',')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const counter = new SyncCounter(perf);
    // It says nothing when it has begun; where it cannot, it ends at once.
    const failed = Promise.race([once(perf, 'exit'), once(perf, 'error')]);
    const begun = new Promise<null>((resolve) => setTimeout(() => resolve(null), 300));
    return (await Promise.race([failed.catch(() => []), begun])) === null ? counter : null;
  }

  async stop(): Promise<number> {
    const ended = once(this.#perf, 'close');
    this.#perf.kill('SIGINT');
    await ended;
    const counts = EVENTS.map((event) => {
      const line = this.#output.split('\n').find((one) => one.includes(event));
      return Number(line?.split(',')[0]);
    });
    return counts.reduce((sum, count) => sum + count, 0);
  }
}
