import { readFileSync } from 'node:fs';
import { valueOf } from '../../tests/metrics/support/exposition.ts';
import { childrenOf, costOf } from '../support/process-cost.ts';

/**
 * Resident bytes. Of the index process those beyond what the index itself takes, as it counts its
 * vectors, graphs, postings and tables (`chl_index_memory_bytes`); what belongs to no answer, such as
 * segments that were merged and are not freed yet, is beyond.
 */
export interface Memory {
  readonly serving: number;
  readonly index: number;
  readonly command: number;
  /** The sum of the three at one moment. */
  readonly beyond: number;
  /** The same sum with the pages that several processes share, such as Node's program, counted once. */
  readonly proportional: number;
  /** Not in the sums: it lives for a moment, to write a segment of the index. */
  readonly builder: number;
}

export interface Sample {
  readonly memory: Memory;
  readonly indexBytes: number;
  /** Entries that the index has, sealed segments, vectors that are in none yet, merges so far. */
  readonly documents: number;
  readonly segments: number;
  readonly unsealed: number;
  readonly merges: number;
  readonly builderCpuSeconds: number;
  /** Threads included: says more than the clock on a busy machine. */
  readonly cpuSeconds: { readonly serving: number; readonly index: number };
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

export interface Watched {
  readonly url: string;
  readonly servingPid: number;
  /** `chl import`, while it runs. */
  readonly commandPid: number | null;
}

export async function sample({ url, servingPid, commandPid }: Watched): Promise<Sample> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const figure = (series: string): number => valueOf(text, series) ?? 0;
  const cpu = (process: string): number => figure(`chl_process_cpu_seconds_total{process="${process}"}`);
  const delayMs = (quantile: string): number =>
    1000 * figure(`chl_event_loop_delay_seconds{process="serving",stat="${quantile}"}`);
  const indexBytes = figure('chl_index_memory_bytes');
  const serving = figure('chl_process_resident_memory_bytes{process="serving"}');
  const index = figure('chl_process_resident_memory_bytes{process="index"}') - indexBytes;
  const command = commandPid === null ? 0 : ofNow(() => costOf(commandPid).residentBytes, 0);
  const indexPids = ofNow(() => childrenOf(servingPid), []);
  const builders = ofNow(() => indexPids.flatMap(childrenOf).map((pid) => costOf(pid)), []);
  const pids = [servingPid, ...indexPids, ...(commandPid === null ? [] : [commandPid])];
  const proportional = pids.reduce((sum, pid) => sum + ofNow(() => proportionalOf(pid), 0), -indexBytes);
  return {
    memory: {
      serving,
      index,
      command,
      beyond: serving + index + command,
      proportional,
      builder: Math.max(0, ...builders.map(({ residentBytes }) => residentBytes)),
    },
    indexBytes,
    documents: figure('chl_index_documents'),
    segments: figure('chl_index_segments'),
    unsealed: figure('chl_index_growing_rows'),
    merges: figure('chl_index_merges_total'),
    builderCpuSeconds: builders.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    cpuSeconds: { serving: cpu('serving'), index: cpu('index') },
    loopDelayMs: { p50: delayMs('p50'), p99: delayMs('p99'), max: delayMs('max') },
  };
}

/** A page that n processes share counts as a n-th of it. */
function proportionalOf(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
}

/** A process, or a thread of it, may end while it is looked at. */
function ofNow<T>(look: () => T, ended: T): T {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
    return ended;
  }
}
