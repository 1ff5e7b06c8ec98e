import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import process from 'node:process';

/** Where a figure was measured: without it a figure says nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  /** Commit of the sources, `+` when they were changed since. */
  readonly commit: string;
  /** Processes that wanted a core in the minute before the bench began: above 0.5 others were at work. */
  readonly loadBefore: number;
  readonly at: string;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    commit: commit(),
    loadBefore: Math.round(loadavg()[0]! * 10) / 10,
    at: new Date().toISOString(),
  };
}

export const machineLine = ({ cpu, cores, memoryGiB, node, commit: at, loadBefore }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, ${at}, load before ${loadBefore}`;

function commit(): string {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
    const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`;
  } catch {
    return 'no repository';
  }
}
