// Past the package's entry, which loads its limiters for servers and clusters as well: the edge has neither.
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import { ChlError } from '../../core/errors.ts';

const WINDOW_SECONDS = 60;

/** How often each key may ask, in windows of a minute. */
export class KeyRateLimit {
  readonly #limiter: InstanceType<typeof RateLimiterMemory>;
  readonly #perMinute: number;
  readonly #names = new Set<string>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS });
  }

  /** @throws RATE_LIMITED with the time until the window ends */
  async take(keyName: string): Promise<void> {
    this.#names.add(keyName);
    try {
      await this.#limiter.consume(keyName);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new ChlError('RATE_LIMITED', `This key may ask ${this.#perMinute} times a minute.`, {
        hint: 'Wait as long as Retry-After says; the operator sets CHL_RATE_LIMIT.',
        retryAfterSeconds: Math.ceil(refusal.msBeforeNext / 1000),
      });
    }
  }

  /** Ends the windows: their timers would keep a process of Deno alive. */
  async close(): Promise<void> {
    for (const name of this.#names) await this.#limiter.delete(name);
  }
}
