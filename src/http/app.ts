import { Hono, type MiddlewareHandler } from 'hono';
import { ChlError, toChlError } from '../core/errors.ts';
import type { Clock, Logger } from '../core/ports/runtime.ts';
import type { Services } from '../service/services.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { requireSameHost } from './auth/same-host.ts';
import { docsRoutes, type DocsAssets } from './docs/docs-routes.ts';
import { errorResponse, STATUS_OF_ERROR } from './errors.ts';
import type { HttpEnv } from './http-env.ts';
import { mcpRoute, type McpEndpoint } from './mcp-route.ts';
import { mount } from './mount.ts';
import { endpointsOf } from './routes.ts';
import { requestIdOf } from './request-headers.ts';

export interface HttpOptions {
  readonly authenticator: Authenticator;
  readonly limits: HttpLimits;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly mcp: McpEndpoint;
  /** Swagger UI's files; null where there is no file system: `/docs` is then not there. */
  readonly docsAssets: DocsAssets | null;
  readonly version: string;
  /** Aborts when the service is about to end: streams without an end then end. */
  readonly closing: AbortSignal;
}

export interface HttpLimits {
  readonly bodyBytes: number;
  readonly importBytes: number;
  /** A body that stops arriving for this long is given up. */
  readonly bodyIdleMs: number;
  /** Between two signs of life on an event stream. */
  readonly heartbeatMs: number;
}

export function createApp(services: Services, options: HttpOptions): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  // In this order, the outermost first. Limits on rate and concurrency take their place before the routes.
  const middleware: readonly MiddlewareHandler<HttpEnv>[] = [
    identified,
    logged(options),
    originChecked(options),
  ];
  for (const layer of middleware) app.use(layer);

  const endpoints = endpointsOf(services, options);
  const bodyLimits = { maxBytes: options.limits.bodyBytes, idleMs: options.limits.bodyIdleMs };
  mount(app, endpoints, { authenticator: options.authenticator, bodyLimits });
  mcpRoute(app, options.mcp, { authenticator: options.authenticator, bodyLimits });
  docsRoutes(app, endpoints, options);

  app.notFound((c) =>
    errorResponse(
      new ChlError('NOT_FOUND', 'There is nothing at this address.', {
        hint: '/openapi.json lists what there is.',
      }),
      c.get('requestId'),
    ),
  );
  app.onError((thrown, c) => {
    const error = toChlError(thrown);
    const status = STATUS_OF_ERROR[error.code];
    if (status === 500) {
      options.logger.error(
        {
          requestId: c.get('requestId'),
          path: c.req.path,
          code: error.code,
          operation: error.operation,
          err: error.cause ?? error,
        },
        error.message,
      );
    }
    return errorResponse(error, c.get('requestId'));
  });
  return app;
}

const identified: MiddlewareHandler<HttpEnv> = async (c, next) => {
  const requestId = requestIdOf(c.req.raw.headers);
  c.set('requestId', requestId);
  await next();
  c.header('X-Request-Id', requestId);
  c.header('X-Content-Type-Options', 'nosniff');
};

/** One line a request. */
const logged =
  ({ logger, clock }: HttpOptions): MiddlewareHandler<HttpEnv> =>
  async (c, next) => {
    const startMs = clock.monotonicMs();
    await next();
    const fields = {
      requestId: c.get('requestId'),
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      durationMs: Math.round((clock.monotonicMs() - startMs) * 100) / 100,
    };
    if (c.res.status >= 500) logger.warn(fields, 'request failed');
    else logger.debug(fields, 'request');
  };

/** With keys a foreign page has nothing to send; without them only this machine may speak. */
const originChecked =
  ({ authenticator }: HttpOptions): MiddlewareHandler<HttpEnv> =>
  async (c, next) => {
    if (!authenticator.required) requireSameHost(c.req.raw);
    await next();
  };
