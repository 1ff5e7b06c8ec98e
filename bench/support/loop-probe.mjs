// Loaded by `--import` into the processes of a service that is measured: on SIGUSR2 each writes its
// longest event-loop delay since the last one into BENCH_LOOP_FOLDER, and starts anew.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const RESOLUTION_MS = 1;
const NANOSECONDS_PER_MS = 1e6;

if (isMainThread) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  process.on('SIGUSR2', () => {
    // It measures from sample to sample, and a sample is due every millisecond.
    const longestMs = Math.max(0, histogram.max / NANOSECONDS_PER_MS - RESOLUTION_MS);
    histogram.reset();
    const file = join(process.env['BENCH_LOOP_FOLDER'] ?? '.', String(process.pid));
    writeFileSync(file, JSON.stringify({ longestMs }));
  });
}
