import { ChlError } from '../../core/errors.ts';

/**
 * A service without keys trusts the machine it runs on. A web page can still reach it: a foreign
 * name that resolves to 127.0.0.1 (DNS rebinding) shows in `Host`, a foreign page in `Origin`.
 * @throws FORBIDDEN
 */
export function requireSameHost(request: Request): void {
  // The URL is made of the Host header by whoever listens; in-process calls have nothing else.
  const { hostname, host } = new URL(request.url);
  if (!isLoopbackName(hostname.replace(/^\[|\]$/g, ''))) {
    throw new ChlError(
      'FORBIDDEN',
      'The Host header must name this machine, such as localhost or 127.0.0.1.',
      {
        hint: 'To serve under another name, configure CHL_API_KEYS.',
      },
    );
  }
  const origin = request.headers.get('Origin');
  if (origin !== null && origin !== `http://${host}` && origin !== `https://${host}`) {
    throw new ChlError('FORBIDDEN', 'Requests from pages of another origin are refused.', {
      hint: 'To serve other origins, configure CHL_API_KEYS.',
    });
  }
}

/** `127.0.0.0/8`, `::1` and the names that stand for them (RFC 6761). */
export const isLoopbackName = (name: string): boolean =>
  name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
