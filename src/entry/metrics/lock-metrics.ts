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
    for (const [lock, { waitMs, longestWaitMs, longestWaitHolder }] of [
      ['writer', writerLock],
      ['index_write', index.locks.write],
      ['index_maintenance', index.locks.maintenance],
    ] as const) {
      waits(waitMs, { lock });
      // Holders are names in the code, a handful.
      longest(longestWaitMs * SECONDS_PER_MS, { lock, holder: longestWaitHolder ?? 'nobody' });
    }
  };
}
