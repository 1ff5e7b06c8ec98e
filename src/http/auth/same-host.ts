import { ChlError } from '../../core/errors.ts';

/**
 * A foreign name that resolves to 127.0.0.1 (DNS rebinding) shows in `Host`.
 * @throws FORBIDDEN
 */
export function requireLoopbackHost(request: Request): void {
  // The URL is made of the Host header by whoever listens; in-process calls have nothing else.
  const { hostname } = new URL(request.url);
  if (isLoopbackName(hostname.replace(/^\[|\]$/g, ''))) return;
  throw new ChlError('FORBIDDEN', 'The Host header must name this machine, such as localhost or 127.0.0.1.', {
    hint: 'To serve under another name, configure CHL_API_KEYS.',
  });
}

/**
 * A browser names the page that asks in `Origin`; programs send none.
 * @throws FORBIDDEN when the page is neither the service's own nor allowed
 */
export function requireOwnOrigin(request: Request, allowedOrigins: readonly string[]): void {
  const origin = request.headers.get('Origin');
  if (origin === null) return;
  const { host } = new URL(request.url);
  if (origin === `http://${host}` || origin === `https://${host}` || allowedOrigins.includes(origin)) return;
  throw new ChlError('FORBIDDEN', 'Requests from pages of another origin are refused.', {
    hint: 'Behind a proxy that changes the Host header, name the public origin in CHL_ALLOWED_ORIGINS.',
  });
}

/** `127.0.0.0/8`, `::1` and the names that stand for them (RFC 6761). */
export const isLoopbackName = (name: string): boolean =>
  name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
