import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { addressUrl, type Listen } from './listener.ts';

/** How often connections are looked at for overdue headers; Node's own 30 s would be the real bound. */
const OVERDUE_CHECK_MS = 1_000;
/** Longer than the idle time of common proxies, which must be the ones to close. */
const KEEP_ALIVE_MS = 75_000;
const MAX_HEADER_BYTES = 16_384;
const SWEEP_MS = 50;

export const listenOnNode: Listen = async (app, { host, port, timeouts }) => {
  const server = createAdaptorServer({
    fetch: (request, env) =>
      app.fetch(request, { remoteAddress: (env as HttpBindings).incoming.socket.remoteAddress ?? null }),
    // The adapter's Response keeps a text as a text until it is written; the built-in one makes a stream
    // of it first, which is half the cost of a small answer.
    overrideGlobalObjects: true,
    serverOptions: {
      headersTimeout: Math.min(timeouts.headersMs, timeouts.requestMs),
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: OVERDUE_CHECK_MS,
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
