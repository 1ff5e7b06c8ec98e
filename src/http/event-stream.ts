import { streamOf } from './ndjson.ts';

export const EVENT_STREAM = 'text/event-stream';

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface ServerSentEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: unknown;
}

/** Keeps proxies from closing a silent stream, and finds out about readers that have gone. */
const HEARTBEAT = Symbol('heartbeat');

export function eventStreamResponse(
  events: AsyncIterable<ServerSentEvent>,
  options: { readonly heartbeatMs: number },
): Response {
  return new Response(streamOf(withHeartbeats(events, options.heartbeatMs), format), {
    headers: { 'Content-Type': EVENT_STREAM, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  });
}

const format = (event: ServerSentEvent | typeof HEARTBEAT): string =>
  event === HEARTBEAT
    ? ': alive\n\n'
    : `${event.id === null ? '' : `id: ${event.id}\n`}event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;

async function* withHeartbeats(
  events: AsyncIterable<ServerSentEvent>,
  heartbeatMs: number,
): AsyncGenerator<ServerSentEvent | typeof HEARTBEAT> {
  const iterator = events[Symbol.asyncIterator]();
  try {
    yield HEARTBEAT; // the headers go out now, not with the first change
    let pending = iterator.next();
    for (;;) {
      const next = await firstOf(pending, heartbeatMs);
      if (next === HEARTBEAT) {
        yield HEARTBEAT;
        continue;
      }
      if (next.done === true) return;
      yield next.value;
      pending = iterator.next();
    }
  } finally {
    // Not awaited: it may be waiting for a change that never comes, and the signal ends that wait.
    void iterator.return?.();
  }
}

async function firstOf<T>(event: Promise<T>, heartbeatMs: number): Promise<T | typeof HEARTBEAT> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<typeof HEARTBEAT>((resolve) => {
    timer = setTimeout(() => resolve(HEARTBEAT), heartbeatMs);
  });
  try {
    return await Promise.race([event, silence]);
  } finally {
    clearTimeout(timer);
  }
}
