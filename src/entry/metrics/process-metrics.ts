import type { ProcessFigures } from '../../core/ports/index-host.ts';
import { SECONDS_PER_MS, type RecordedMetrics } from './recorded-metrics.ts';

/** `index` is absent where the index runs in the serving process. */
export type Processes = Readonly<Record<'serving', ProcessFigures>> &
  Readonly<Partial<Record<'index', ProcessFigures>>>;

/** Writes memory, CPU and event-loop delay. @returns the writer, to be called before each scrape */
export function processMetrics(metrics: RecordedMetrics): (processes: Processes) => void {
  const labelNames = ['process'] as const;
  const resident = metrics.gauge({
    name: 'chl_process_resident_memory_bytes',
    help: 'Memory of the process',
    labelNames,
  });
  const heap = metrics.gauge({
    name: 'chl_process_heap_bytes',
    help: 'JavaScript heap in use',
    labelNames,
  });
  const cpu = metrics.counter({
    name: 'chl_process_cpu_seconds_total',
    help: 'Processor time of the process',
    labelNames,
  });
  const started = metrics.gauge({
    name: 'chl_process_start_time_seconds',
    help: 'When the process began; a new value is a restart',
    labelNames,
  });
  const loopDelay = metrics.gauge({
    name: 'chl_event_loop_delay_seconds',
    help: 'How late timers fired in the last half to whole minute',
    labelNames: ['process', 'stat'],
  });
  return (processes) => {
    for (const [process, figures] of Object.entries(processes)) {
      resident(figures.residentBytes, { process });
      heap(figures.heapUsedBytes, { process });
      cpu(figures.cpuSeconds, { process });
      started(figures.startedAtMs / 1000, { process });
      for (const [stat, delayMs] of Object.entries(figures.loopDelayMs ?? {}))
        loopDelay(delayMs * SECONDS_PER_MS, { process, stat });
    }
  };
}
