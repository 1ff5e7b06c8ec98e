import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { HttpEnv } from './http-env.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The pattern that a request matched, such as `/api/v1/entries/:id`; `unmatched` when there is none. */
export function routeOf(c: Context<HttpEnv>): string {
  const route = matchedRoutes(c).find(({ path }) => path !== '*' && path !== '/*');
  return route === undefined ? 'unmatched' : route.path.replace(/(.)\/$/, '$1');
}

/** The method, where it is one of the usual: a client may send any word. */
export const methodOf = (c: Context<HttpEnv>): string => (METHODS.has(c.req.method) ? c.req.method : 'other');
