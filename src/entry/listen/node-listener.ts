import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { addressUrl, type Listen } from './listener.ts';

/** Whoever cannot send its headers in this time does not mean to. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Bounds a whole request, and so the longest import; a body that stalls is cut long before. */
const REQUEST_TIMEOUT_MS = 3_600_000;
/** Longer than the idle time of common proxies, which must be the ones to close. */
const KEEP_ALIVE_MS = 75_000;
const MAX_HEADER_BYTES = 16_384;
const SWEEP_MS = 50;

export const listenOnNode: Listen = async (app, { host, port }) => {
  const server = createAdaptorServer({
    fetch: (request, env) =>
      app.fetch(request, { remoteAddress: (env as HttpBindings).incoming.socket.remoteAddress ?? null }),
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
    },
  }) as Server;
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: addressUrl(host, (server.address() as AddressInfo).port),
    stop: () =>
      new Promise((resolve) => {
        // A kept-alive connection is not told to go when its last answer is sent after `close`.
        const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
        server.close(() => {
          clearInterval(sweep);
          resolve();
        });
      }),
    cut: () => server.closeAllConnections(),
  };
};
