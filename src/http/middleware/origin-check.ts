import type { MiddlewareHandler } from 'hono';
import type { Authenticator } from '../auth/authenticator.ts';
import { requireLoopbackHost, requireOwnOrigin } from '../auth/same-host.ts';
import type { HttpEnv } from '../http-env.ts';

/**
 * Pages of other origins are refused whether or not keys are configured. Without keys the service
 * trusts the machine it runs on, so only this machine's names may be used to reach it.
 * @param allowedOrigins further origins of its own pages, for a proxy that changes `Host`
 */
export const originCheck =
  (authenticator: Authenticator, allowedOrigins: readonly string[]): MiddlewareHandler<HttpEnv> =>
  async (c, next) => {
    if (!authenticator.required) requireLoopbackHost(c.req.raw);
    requireOwnOrigin(c.req.raw, allowedOrigins);
    await next();
  };
