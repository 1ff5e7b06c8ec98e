import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../http-env.ts';

/** What a page may do that has no policy of its own: nothing. */
const NO_CONTENT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** On every page, whoever made it; a page that says more about itself keeps what it says. */
const ON_PAGES: Readonly<Record<string, string>> = {
  'Content-Security-Policy': NO_CONTENT_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
};

/** No answer is taken for what it does not say it is, and no page for anybody else's. */
export const securityHeaders: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next();
  // In place: `c.header` would copy the finished answer, body and all.
  const { headers } = c.res;
  headers.set('X-Content-Type-Options', 'nosniff');
  if (!(headers.get('Content-Type') ?? '').startsWith('text/html')) return;
  for (const [name, value] of Object.entries(ON_PAGES)) {
    if (!headers.has(name)) headers.set(name, value);
  }
};
