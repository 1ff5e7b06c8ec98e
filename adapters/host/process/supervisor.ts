import type { ChildProcess } from 'node:child_process';
import type { Clock, Logger, Timer } from '../../../src/core/ports/runtime.ts';
import { endingOf, forkEntry } from './fork-entry.ts';
import type { FromIndexProcess, ToIndexProcess } from './protocol.ts';

const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 10_000;

/** Who lived so long died of something new: the pauses begin anew, and so does the count of early deaths. */
const LONG_LIFE_MS = 60_000;

/** A process that is busy may miss some; one that missed all of a minute is hung, and is replaced. */
const HEARTBEAT_MS = 10_000;
const MISSED_HEARTBEATS_MAX = 6;

/** Time for a last save; then it is killed, and the next start replays what the save lacks. */
const CLOSE_TIMEOUT_MS = 15_000;

export interface SupervisorOptions {
  /** Compiled entry of the child. */
  readonly entry: URL;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A new child runs; the first one and each that replaces it. */
  onStart(): void;
  onMessage(message: FromIndexProcess): void;
  /** It died unasked; another follows. */
  onDeath(reason: string): void;
}

/** Keeps one index process alive: starts it, and replaces it with growing pauses when it dies. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  #child: ChildProcess | null = null;
  #restart: Timer | null = null;
  #startedAtMs = 0;
  #earlyDeaths = 0;
  #heartbeat: Timer | null = null;
  #missedHeartbeats = 0;
  #lastLine = '';
  #closing = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Null while none runs. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** How often in a row the process died soon after its start. */
  get earlyDeaths(): number {
    return this.#earlyDeaths;
  }

  start(): void {
    this.#startedAtMs = this.#options.clock.monotonicMs();
    const child = forkEntry(this.#options.entry, (line) => this.#print(line));
    this.#child = child;
    let ended = false;
    const end = (reason: string): void => {
      if (ended) return;
      ended = true;
      this.#ended(reason);
    };
    child.on('message', (message) => {
      // What a dead process had sent may still arrive, after its requests were rejected.
      if (!ended) this.#receive(message as FromIndexProcess);
    });
    child.on('exit', (code, signal) => end(endingOf(code, signal)));
    // It could not be started, or could not be sent to; either way it is of no use.
    child.on('error', (error) => {
      child.kill('SIGKILL');
      if (child.pid === undefined) end(error.message);
    });
    this.#missedHeartbeats = 0;
    this.#beat();
    this.#options.onStart();
  }

  /** @returns false when there is no process to send to */
  send(message: ToIndexProcess): boolean {
    if (this.#child?.connected !== true) return false;
    this.#child.send(message);
    return true;
  }

  /**
   * Ends the process for good: after `finish`, it leaves by itself when it is disconnected. If that
   * takes too long it is killed, and `onDeath` is told as of any other death.
   */
  async close(finish: () => Promise<void>): Promise<void> {
    this.#closing = true;
    this.#restart?.cancel();
    const child = this.#child;
    if (child === null) return finish();
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const deadline = this.#options.clock.setTimer(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
    await finish();
    if (child.connected) child.disconnect();
    await exited;
    deadline.cancel();
  }

  #receive(message: FromIndexProcess): void {
    this.#missedHeartbeats = 0;
    if (message.kind !== 'pong') this.#options.onMessage(message);
  }

  #ended(ending: string): void {
    this.#child = null;
    this.#heartbeat?.cancel();
    const lifeMs = this.#options.clock.monotonicMs() - this.#startedAtMs;
    this.#earlyDeaths = lifeMs > LONG_LIFE_MS ? 1 : this.#earlyDeaths + 1;
    this.#options.onDeath(`its process ended with ${ending}`);
    if (this.#closing) return;
    const restartDelayMs = Math.min(RESTART_MIN_MS * 2 ** (this.#earlyDeaths - 1), RESTART_MAX_MS);
    this.#options.logger.error(
      { ending, lifeMs, lastLine: this.#lastLine, restartDelayMs },
      'The index process died; it will be restarted.',
    );
    this.#restart = this.#options.clock.setTimer(() => this.start(), restartDelayMs);
  }

  #beat(): void {
    this.#heartbeat = this.#options.clock.setTimer(() => {
      this.#missedHeartbeats += 1;
      if (this.#missedHeartbeats > MISSED_HEARTBEATS_MAX) {
        this.#options.logger.error({ pid: this.pid }, 'The index process does not answer; it is killed.');
        this.#child?.kill('SIGKILL');
        return;
      }
      this.send({ kind: 'ping' });
      this.#beat();
    }, HEARTBEAT_MS);
  }

  #print(line: string): void {
    this.#lastLine = line;
    this.#options.logger.warn({ line }, 'The index process printed a line.');
  }
}
