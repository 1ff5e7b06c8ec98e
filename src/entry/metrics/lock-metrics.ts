import type { ServiceFigures } from '../../service/figures-service.ts';
import { SECONDS_PER_MS, type RecordedMetrics } from './recorded-metrics.ts';

/** Writes who waited for which lock. @returns the writer, to be called before each scrape */
export function lockMetrics(metrics: RecordedMetrics): (figures: ServiceFigures) => void {
  const waits = metrics.histogram(
    {
      name: 'chl_lock_wait_seconds',
      help: 'Waits for a lock: writer (the database), index_write and index_maintenance (the index)',
      labelNames: ['lock'],
    },
    SECONDS_PER_MS,
  );
  const longest = metrics.gauge({
    name: 'chl_lock_longest_wait_seconds',
    help: 'Longest wait since the start; the label says who held the lock then',
    labelNames: ['lock', 'holder'],
  });
  return ({ writerLock, index }) => {
    waits(writerLock.waitMs, { lock: 'writer' });
    if (index.figures !== undefined) {
      waits(index.figures.lockWaitMs.write, { lock: 'index_write' });
      waits(index.figures.lockWaitMs.maintenance, { lock: 'index_maintenance' });
    }
    for (const [lock, { longestWaitMs, longestWaitHolder }] of [
      ['writer', writerLock],
      ['index_write', index.lock],
    ] as const) {
      // Holders are names in the code, a handful.
      longest(longestWaitMs * SECONDS_PER_MS, { lock, holder: longestWaitHolder ?? 'nobody' });
    }
  };
}
