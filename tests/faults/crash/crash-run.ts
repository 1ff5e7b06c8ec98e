import { exportResponse } from '../../../src/service/contract/read.ts';
import { FAILPOINTS, type Failpoint } from '../../../src/core/failpoints.ts';
import { runCli } from '../../cli/run-cli.ts';
import { Client, eventually } from '../../http/support/client.ts';
import { seededRandom, type Random } from '../../support/random-vectors.ts';
import { checkFiles } from '../support/database-check.ts';
import { Victim } from '../support/victim.ts';
import { brokenPromises, observe, wordOf } from './ledger.ts';
import { Writers } from './writers.ts';

export interface CrashRunOptions {
  readonly program: string;
  readonly dataDir: string;
  readonly seed: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a cycle's service ended, and what was seen before. */
export interface CycleReport {
  readonly failpoint: Failpoint | null;
  /** Whether it stood at the failpoint when it was killed. */
  readonly reached: boolean;
  /** From the start of the process to the first answered text search, and to vectors; null: not that far. */
  readonly textMs: number | null;
  readonly vectorsMs: number | null;
  readonly recovery: string | null;
}

const WRITERS = 16;
/** Acknowledged writes before the end of a cycle: counted, since a busy machine makes any time short. */
const LOAD_MIN_WRITES = 20;
const LOAD_MAX_WRITES = 300;
/** The migration, and what needs an embedder that is away or changed: they have tests of their own. */
const REACHED_ELSEWHERE = /^(migration|queue|reembed)\./;
/** Within it they are acknowledged, or the failpoint is reached, on a busy machine too. */
const LOAD_MAX_MS = 40_000;
/** Every so often the load ends before the service does, and every file is looked at. */
const QUIET_EVERY = 6;
const PROBES = 4;
/** Every so often what the kill left is verified offline. Not always: opening the database repairs its WAL. */
const VERIFY_EVERY = 3;

/** Those that a start passes before its index is open. */
const BEFORE_OPEN: ReadonlySet<Failpoint> = new Set(['recovery.before-snapshot', 'recovery.before-catch-up']);

/** One data folder through many lives: start, check, repeat what was under way, write, kill. */
export class CrashRun {
  readonly findings: string[] = [];
  readonly reports: CycleReport[] = [];
  readonly writers: Writers;
  /** How often `chl verify` found everything as it should be. */
  verified = 0;
  readonly #options: CrashRunOptions;
  readonly #random: Random;

  constructor(options: CrashRunOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.writers = new Writers(WRITERS, this.#random);
  }

  /** Odd cycles are killed at a failpoint, each in its turn; the others at any moment. */
  async cycle(number: number): Promise<void> {
    const named = FAILPOINTS.filter((name) => !REACHED_ELSEWHERE.test(name));
    const failpoint = number % 2 === 0 ? null : named[((number - 1) / 2) % named.length]!;
    const startedMs = performance.now();
    const victim = this.#start(failpoint);
    try {
      const url = await Promise.race([victim.serving, victim.stopped.then(() => null)]);
      if (url === null) {
        this.reports.push({ failpoint, reached: true, textMs: null, vectorsMs: null, recovery: null });
        return;
      }
      const opens = failpoint === null || !BEFORE_OPEN.has(failpoint);
      const textMs = await this.#firstTextSearch(url, startedMs);
      await this.#checkEntries(number, url);
      // At a failpoint of the recovery the index stays away: text answers, and writes are accepted.
      const recovery = opens ? await this.#checkIndex(number, url, victim.stopped) : null;
      const vectorsMs = recovery === null ? null : performance.now() - startedMs;
      if (!(await this.#repeatPending(number, url, victim))) {
        this.reports.push({ failpoint, reached: true, textMs, vectorsMs, recovery });
        return;
      }
      if (number % QUIET_EVERY === QUIET_EVERY - 2) await this.#quietCheck(number, url);
      const reached = await this.#loadUntilDeath(url, victim, failpoint);
      this.reports.push({ failpoint, reached, textMs, vectorsMs, recovery });
      if (failpoint !== null && !reached) this.#found(number, `failpoint ${failpoint} was not reached`);
    } catch (error) {
      this.#found(number, `${String(error)}\n${victim.output}`);
    } finally {
      await victim.kill();
    }
    this.#collectComplaints(number);
    if (number % VERIFY_EVERY === VERIFY_EVERY - 1) await this.#verifyOffline(number);
  }

  /** A last life without a crash: everything is checked, down to the files. */
  async finish(): Promise<void> {
    const victim = this.#start(null);
    try {
      const url = await victim.serving;
      await this.#checkEntries(-1, url);
      await this.#checkIndex(-1, url, new Promise(() => undefined));
      await this.#repeatPending(-1, url, victim);
      await this.#quietCheck(-1, url);
    } finally {
      await victim.stop();
    }
    this.#collectComplaints(-1);
    await this.#verifyOffline(-1);
  }

  /** `chl verify` on what a kill has left, before anything has repaired it. */
  async #verifyOffline(number: number): Promise<void> {
    const { exitCode, stdout, stderr } = await runCli(['verify', '--json'], {
      ...this.#options.environment,
      CHL_DATA_DIR: this.#options.dataDir,
      CHL_EMBEDDER: 'hash',
    });
    if (exitCode !== 0) this.#found(number, `chl verify: ${stdout}${stderr}`);
    else this.verified += 1;
  }

  #start(failpoint: Failpoint | null): Victim {
    const visit = 1 + Math.floor(this.#random() * 3);
    // A recovery passes these once.
    const armed =
      failpoint === null ? null : BEFORE_OPEN.has(failpoint) ? failpoint : `${failpoint}:${visit}`;
    return new Victim({
      program: this.#options.program,
      dataDir: this.#options.dataDir,
      environment: {
        CHL_LOG_LEVEL: 'info',
        CHL_GROWING_MAX_VECTORS: '48',
        ...this.#options.environment,
        ...(armed === null ? {} : { CHL_FAILPOINTS: armed }),
      },
    });
  }

  /** The first thing asked of the service; it must be answered, by whatever index there is. */
  async #firstTextSearch(url: string, startedMs: number): Promise<number> {
    const entry = this.writers.live[0];
    const query = entry === undefined ? 'nothing yet' : wordOf(entry.name, entry.revision);
    const client = new Client(url);
    const { entries } = await client.read({ query, mode: 'text', limit: 5 });
    const textMs = performance.now() - startedMs;
    if (entry !== undefined && entry.pending === null && !entries.some(({ id }) => id === entry.id)) {
      this.findings.push(`the first text search does not find ${entry.name}`);
    }
    return textMs;
  }

  async #checkEntries(number: number, url: string): Promise<void> {
    const client = new Client(url);
    const { experiences } = await client.ok(exportResponse, client.send('GET', '/api/v1/entries/export'));
    const observed = experiences.flatMap((entry) => ('title' in entry ? observe(entry) : []));
    for (const promise of brokenPromises(this.writers.entries, observed)) this.#found(number, promise);
    this.#entriesNow = observed.length;
  }

  #entriesNow = 0;

  /**
   * The index holds as many documents and vectors as there are entries, and finds some of them.
   * @returns the rung of the ladder; null when the service stood at its failpoint before
   */
  async #checkIndex(number: number, url: string, stopped: Promise<unknown>): Promise<string | null> {
    const client = new Client(url);
    let isStopped = false;
    void stopped.then(() => (isStopped = true));
    const status = await eventually(
      () => client.indexStatus(),
      (now) => isStopped || now.status === 'available',
      60_000,
    );
    if (status.status !== 'available') return null;
    if (status.index_size !== this.#entriesNow || status.documents !== this.#entriesNow) {
      this.#found(
        number,
        `${this.#entriesNow} entries, but ${status.index_size} vectors and ${status.documents} documents`,
      );
    }
    for (const entry of this.writers.live.filter(({ pending }) => pending === null).slice(-PROBES)) {
      const { entries } = await client.read({
        query: wordOf(entry.name, entry.revision),
        limit: 10,
        mode: 'vector',
      });
      if (!entries.some(({ id }) => id === entry.id))
        this.#found(number, `vectors do not find ${entry.name}`);
    }
    return status.recovery?.source ?? 'none';
  }

  /** @returns false when the service stopped at its failpoint meanwhile */
  async #repeatPending(number: number, url: string, victim: Victim): Promise<boolean> {
    const repeated = this.writers.repeatPending(url);
    const wasStopped = await Promise.race([repeated.then(() => false), victim.stopped.then(() => true)]);
    if (wasStopped) await victim.kill();
    const unanswered = await repeated;
    if (!wasStopped && unanswered.length > 0)
      this.#found(number, `repeated, but not answered: ${unanswered.join()}`);
    return !wasStopped;
  }

  /** @returns whether it stood at its failpoint in the end */
  async #loadUntilDeath(url: string, victim: Victim, failpoint: Failpoint | null): Promise<boolean> {
    const stop = new AbortController();
    const writing = this.writers.run(url, stop.signal);
    const maintaining = this.#maintain(url, stop.signal);
    const isEnough = failpoint === null ? this.#written() : new Promise<void>(() => undefined);
    const reached = await Promise.race([
      victim.stopped.then(() => true),
      isEnough.then(() => false),
      elapsed(LOAD_MAX_MS),
    ]);
    await victim.kill();
    stop.abort();
    await Promise.all([writing, maintaining]);
    return reached;
  }

  /** Resolves when a random number of writes more is acknowledged. */
  async #written(): Promise<void> {
    const target =
      this.writers.acknowledged + LOAD_MIN_WRITES + this.#random() * (LOAD_MAX_WRITES - LOAD_MIN_WRITES);
    while (this.writers.acknowledged < target) await elapsed(1);
  }

  /** Some writes without a crash; then nobody writes, and everything must fit together. */
  async #quietCheck(number: number, url: string): Promise<void> {
    const stop = new AbortController();
    const writing = this.writers.run(url, stop.signal);
    await Promise.race([this.#written(), elapsed(LOAD_MAX_MS)]);
    stop.abort();
    await writing;
    await this.#checkEntries(number, url);
    await this.#checkIndex(number, url, new Promise(() => undefined));
    const saved = await new Client(url).post('/admin/index/save', {});
    if (saved.status !== 200) this.#found(number, `a save was answered ${saved.status}`);
    await saved.text();
    for (const finding of await checkFiles(this.#options.dataDir)) this.#found(number, finding);
  }

  /** Saves and rebuilds beside the writes: most failpoints lie there. */
  async #maintain(url: string, signal: AbortSignal): Promise<void> {
    for (let turn = 0; !signal.aborted; turn += 1) {
      const path = turn % 3 === 2 ? '/admin/index/rebuild' : '/admin/index/save';
      const response = await fetch(url + path, { method: 'POST', signal }).catch(() => null);
      if (response === null) return;
      await response.text().catch(() => '');
      await elapsed(20);
    }
  }

  #collectComplaints(number: number): void {
    for (const complaint of this.writers.complaints.splice(0)) this.#found(number, complaint);
  }

  #found(number: number, what: string): void {
    this.findings.push(`cycle ${number}: ${what}`);
  }
}

const elapsed = (ms: number): Promise<false> =>
  new Promise((resolve) => setTimeout(() => resolve(false), ms));
