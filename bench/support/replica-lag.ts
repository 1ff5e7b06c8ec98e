import type { TextData } from './data.ts';
import { writeRequests } from './requests.ts';
import type { BenchService } from './service.ts';
import { quantile } from './statistics.ts';

export interface LagOptions {
  readonly data: TextData;
  /** Over all replicas. */
  readonly writesPerSecond: number;
  readonly seconds: number;
}

export interface Lag {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly writes: number;
}

/** Pause between two looks of the watcher: the resolution of what it measures. */
const LOOK_MS = 5;

/**
 * Writes through all replicas but the first, at a fixed rate, and watches the first one's index: how long
 * after its acknowledgement is a write in it?
 */
export async function measureLag(
  [watched, ...writers]: readonly BenchService[],
  { data, writesPerSecond, seconds }: LagOptions,
): Promise<Lag> {
  /** Acknowledged and not yet seen, by seq. */
  const pending = new Map<number, number>();
  const lagsMs: number[] = [];
  const writing = { isOver: false };
  const watch = (async () => {
    while (!writing.isOver || pending.size > 0) {
      const { last_seq: seen } = await watched!.get<{ last_seq: number }>('/admin/index/status');
      const nowMs = performance.now();
      for (const [seq, acknowledgedMs] of pending) {
        if (seq > seen) continue;
        pending.delete(seq);
        lagsMs.push(nowMs - acknowledgedMs);
      }
      await pause(LOOK_MS);
    }
  })();
  const requests = writeRequests(
    data,
    0,
    Math.floor(Math.random() * 1e9),
    Math.ceil(writesPerSecond * seconds),
  );
  const sent: Promise<void>[] = [];
  for (const [place, { path, body }] of requests.entries()) {
    const writer = writers[place % writers.length]!;
    sent.push(
      writer.post<{ seq: string }>(path, body).then(({ seq }) => {
        pending.set(Number(seq.split(':')[1]), performance.now());
      }),
    );
    await pause(1000 / writesPerSecond);
  }
  await Promise.all(sent);
  writing.isOver = true;
  await watch;
  const sorted = Float64Array.from(lagsMs).toSorted();
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99), writes: sorted.length };
}

const pause = (delayMs: number): Promise<void> => new Promise((wake) => setTimeout(wake, delayMs));
