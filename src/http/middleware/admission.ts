import { E_TIMEOUT, Semaphore, withTimeout } from 'async-mutex';
import type { MiddlewareHandler } from 'hono';
import { ChlError } from '../../core/errors.ts';
import { watched } from '../body/after-body.ts';
import type { HttpEnv } from '../http-env.ts';

export interface AdmissionLimits {
  /** Requests that are worked on at once. */
  readonly running: number;
  /** Requests that wait for their turn, first come, first served. */
  readonly waiting: number;
  /** The longest wait. */
  readonly waitMs: number;
  /** Answers without an end, such as changes as events: they hold no place among the running ones. */
  readonly streams: number;
}

/** Said in Retry-After: long enough for a queue to move, short enough for an agent to wait. */
const RETRY_AFTER_SECONDS = 1;

/**
 * So many requests at once and no more, so that overload is a quick 503 for some and not a slow
 * answer for all. What asks after the service's health is never kept waiting.
 */
export function admission(limits: AdmissionLimits): MiddlewareHandler<HttpEnv> {
  const places = new Semaphore(limits.running);
  const soon = withTimeout(places, limits.waitMs);
  let waiting = 0;
  const streams = new StreamCount(limits.streams);

  const enter = async (): Promise<void> => {
    if (waiting >= limits.waiting) throw overloaded('Too many requests are waiting already.');
    waiting += 1;
    try {
      await soon.acquire();
    } catch (cause) {
      throw cause === E_TIMEOUT ? overloaded('The service had no time for this request.') : cause;
    } finally {
      waiting -= 1;
    }
  };

  return async (c, next) => {
    if (isProbe(c.req.path)) return next();
    if (places.isLocked()) await enter();
    // Without a timer for who need not wait.
    else await places.acquire();
    try {
      await next();
    } finally {
      places.release();
    }
    if (isStream(c.res)) c.res = streams.counted(c.res);
  };
}

const isProbe = (path: string): boolean => path === '/metrics' || /^\/health(\/|$)/.test(path);

/** Known by their type: an answer with an end has a length or ends soon. */
const isStream = (response: Response): boolean =>
  // The body last: to look at it turns a text into a stream.
  (response.headers.get('Content-Type') ?? '').startsWith('text/event-stream') && response.body !== null;

class StreamCount {
  readonly #max: number;
  #open = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** The same response, counted until it ends or its reader has gone. @throws OVERLOADED */
  counted(response: Response): Response {
    const body = response.body!;
    if (this.#open >= this.#max) {
      void body.cancel();
      throw overloaded('Too many streams are open already.');
    }
    this.#open += 1;
    return watched(response, body, () => (this.#open -= 1));
  }
}

const overloaded = (message: string): ChlError =>
  new ChlError('OVERLOADED', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
