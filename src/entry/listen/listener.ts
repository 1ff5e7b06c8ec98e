import type { Hono } from 'hono';
import type { HttpEnv } from '../../http/http-env.ts';

/** A socket that an application answers on. */
export interface Listening {
  readonly url: string;
  /** Takes no new connections, and resolves when every request that was taken has been answered. */
  stop(): Promise<void>;
  /** Cuts what is still open. */
  cut(): void;
}

export type Listen = (
  app: Pick<Hono<HttpEnv>, 'fetch'>,
  address: { readonly host: string; readonly port: number },
) => Promise<Listening>;

/** An address as one would type it; an IPv6 one in brackets, and no wildcard. */
export function addressUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
