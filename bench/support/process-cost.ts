import { readdirSync, readFileSync } from 'node:fs';

/** What one process has used so far, from Linux's /proc. */
export interface ProcessCost {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly openFiles: number;
}

/** `USER_HZ`: fixed at 100 on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

export function costOf(pid: number): ProcessCost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, the name in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return {
    cpuSeconds: (userTicks + systemTicks) / TICKS_PER_SECOND,
    residentBytes: Number(fields[21]) * PAGE_BYTES,
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/**
 * What these processes take from the machine: their own pages, and the files mapped by the one that has most of
 * them (Node itself, libraries), which the others share.
 */
export function sharedOnceBytes(pids: readonly number[]): number {
  const kilobytes = (status: string, name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  const statuses = pids.map((pid) => readFileSync(`/proc/${pid}/status`, 'utf8'));
  const own = statuses.reduce(
    (sum, status) => sum + kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem'),
    0,
  );
  return 1024 * (own + Math.max(...statuses.map((status) => kilobytes(status, 'RssFile'))));
}

/** Children of any thread of the process; the index process of a service, the builder of that. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}
