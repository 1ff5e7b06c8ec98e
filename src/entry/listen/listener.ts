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

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** How long a client may take to send; what a listener cannot bound itself it leaves out. */
  readonly timeouts: { readonly headersMs: number; readonly requestMs: number };
}

export type Listen = (app: Pick<Hono<HttpEnv>, 'fetch'>, address: ListenAddress) => Promise<Listening>;

/** An address as one would type it; an IPv6 one in brackets, and no wildcard. */
export function addressUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
