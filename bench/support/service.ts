import { chooseMerge } from '../../src/core/engine/merge-policy.ts';
import { startServer, type TestServer } from '../../tests/support/server.ts';
import type { EntryLine } from './data.ts';
import { childrenOf, costOf, sharedOnceBytes } from './process-cost.ts';

/** CPU seconds by process: the service is two, and a third while it builds. */
export interface ServiceCpu {
  readonly serving: number;
  readonly index: number;
}

/** A real service, compiled from the sources as they are, on a free port. */
export class BenchService {
  readonly #server: TestServer;

  private constructor(server: TestServer) {
    this.#server = server;
  }

  static async start(
    environment: Readonly<Record<string, string>> = {},
    dataDir?: string,
    { awaitsIndex = true }: { readonly awaitsIndex?: boolean } = {},
  ): Promise<BenchService> {
    const server = await startServer({
      runtime: 'node',
      // One folder for as long as the service lives, unless the caller keeps one.
      ...(dataDir === undefined ? {} : { dataDir }),
      environment,
      awaitsIndex,
    });
    return new BenchService(server);
  }

  get url(): string {
    return this.#server.url;
  }

  get pid(): number {
    return this.#server.process.pid!;
  }

  get indexPid(): number {
    const [child] = childrenOf(this.pid);
    if (child === undefined) throw new Error('The service has no index process.');
    return child;
  }

  cpu(): ServiceCpu {
    return { serving: costOf(this.pid).cpuSeconds, index: costOf(this.indexPid).cpuSeconds };
  }

  /** Of both processes; pages that they share count twice. */
  residentBytes(): number {
    return costOf(this.pid).residentBytes + costOf(this.indexPid).residentBytes;
  }

  /** The same, and those pages once. */
  memoryBytes(): number {
    return sharedOnceBytes([this.pid, this.indexPid]);
  }

  openFiles(): number {
    return costOf(this.pid).openFiles + costOf(this.indexPid).openFiles;
  }

  /** kill -9, as a crash would. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#server.process.once('exit', resolve));
    this.#server.process.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async post<T = unknown>(path: string, body: unknown): Promise<T> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async get<T = unknown>(path: string): Promise<T> {
    const response = await fetch(this.url + path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Imports as NDJSON, in one request. @returns seconds */
  async load(entries: readonly EntryLine[]): Promise<number> {
    const existing = await this.get<{ categories: { code: string }[] }>('/api/v1/categories/');
    const known = new Set(existing.categories.map(({ code }) => code));
    for (const code of new Set(entries.map((entry) => entry.category_code))) {
      if (!known.has(code)) {
        await this.post('/api/v1/categories', { code, name: code.toLowerCase(), description: 'Of a bench' });
      }
    }
    const started = performance.now();
    const response = await fetch(`${this.url}/api/v1/entries/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: entries.map((entry) => JSON.stringify(entry)).join('\n'),
    });
    const answers = (await response.text()).trimEnd().split('\n');
    const refused = answers.find((line) => line.includes('"error"'));
    if (!response.ok || refused !== undefined) throw new Error(`The import failed: ${refused ?? answers[0]}`);
    return (performance.now() - started) / 1000;
  }

  indexStatus(): Promise<IndexStatus> {
    return this.get<IndexStatus>('/admin/index/status');
  }

  /** Until merges and seals have nothing left to do. */
  async settled(): Promise<IndexStatus> {
    for (let quiet = 0, before = ''; ;) {
      const status = await this.indexStatus();
      const now = JSON.stringify(status.segments);
      quiet = now === before && hasNothingToBuild(status) ? quiet + 1 : 0;
      if (quiet === 10) return status;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** A graph of tens of thousands takes its minute: that nothing changes for a while says too little. */
function hasNothingToBuild({ segments, growing, rebuild }: IndexStatus): boolean {
  const candidates = segments.map(({ rows }, id) => ({ id, liveRows: rows }));
  return (
    !rebuild.running && growing.rows <= growing.max_rows && chooseMerge(candidates, growing.max_rows) === null
  );
}

/** Of `GET /admin/index/status`, what benches look at. */
export interface IndexStatus {
  readonly index_size: number;
  readonly last_seq: number;
  readonly backend: string | null;
  readonly segments: readonly { readonly kind: string; readonly rows: number; readonly bytes: number }[];
  /** What no sealed segment has yet, full segments that wait to be sealed included. */
  readonly growing: { readonly rows: number; readonly max_rows: number };
  readonly rebuild: { readonly running: boolean };
  readonly recovery: { readonly source: string } | null;
}
