import { Hono, type MiddlewareHandler } from 'hono';
import { getPath } from 'hono/utils/url';
import { ChlError, toChlError } from '../core/errors.ts';
import type { Clock, Logger } from '../core/ports/runtime.ts';
import type { NamespaceAdmin } from '../service/namespaces/namespaces.ts';
import type { Services } from '../service/services.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { dashboardRoutes, type DashboardAssets } from './dashboard/dashboard-routes.tsx';
import { docsRoutes, type DocsAssets } from './docs/docs-routes.ts';
import { apiDescription } from './docs/openapi.ts';
import { errorResponse, STATUS_OF_ERROR } from './errors.ts';
import type { HttpEnv } from './http-env.ts';
import { mcpRoute, type McpEndpoint } from './mcp-route.ts';
import type { AdmissionLimits } from './middleware/admission.ts';
import { originCheck } from './middleware/origin-check.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import type { HttpMetrics } from './metrics.ts';
import { mount } from './mount.ts';
import { namespaceRoutes, type NamespaceGate } from './namespaces/namespace-routes.ts';
import { endpointsOf } from './routes.ts';
import { requestIdOf } from './request-headers.ts';
import { methodOf, routeOf } from './request-route.ts';

export interface HttpOptions {
  readonly authenticator: Authenticator;
  readonly limits: HttpLimits;
  /** Made of the limits, once for all the applications of a process; null behind another that has it. */
  readonly admission: MiddlewareHandler<HttpEnv> | null;
  /** What its addresses begin with, such as `/ns/team-a`; empty when nothing stands before them. */
  readonly basePath: string;
  /** Null where there are none. */
  readonly namespaces: { readonly admin: NamespaceAdmin; readonly gate: NamespaceGate } | null;
  /** Origins of the service's own pages besides the address that was asked. */
  readonly allowedOrigins: readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
  readonly mcp: McpEndpoint;
  /** Absent where nothing keeps them: `/metrics` is then not there. */
  readonly metrics?: HttpMetrics;
  /** Swagger UI's files; null where there is no file system: `/docs` is then not there. */
  readonly docsAssets: DocsAssets | null;
  /** The dashboard's files; null where there is no file system: `/` is then not there. */
  readonly dashboardAssets: DashboardAssets | null;
  readonly version: string;
  /** Aborts when the service is about to end: streams without an end then end. */
  readonly closing: AbortSignal;
}

export interface HttpLimits {
  readonly bodyBytes: number;
  readonly importBytes: number;
  /** A body that stops arriving for this long, or comes at a trickle, is given up. */
  readonly bodyIdleMs: number;
  /** Lists and objects inside each other in a JSON body. */
  readonly jsonDepth: number;
  /** Longest JSON answer. */
  readonly responseBytes: number;
  readonly admission: AdmissionLimits;
  /** Between two signs of life on an event stream. */
  readonly heartbeatMs: number;
}

export function createApp(services: Services, options: HttpOptions): Hono<HttpEnv> {
  const { basePath } = options;
  const app =
    basePath === ''
      ? new Hono<HttpEnv>()
      : new Hono<HttpEnv>({ getPath: (request) => getPath(request).slice(basePath.length) || '/' });
  // In this order, the outermost first: a refusal by any of them is logged and carries its request id.
  const middleware: readonly MiddlewareHandler<HttpEnv>[] = [
    identified,
    observed(options),
    securityHeaders,
    originCheck(options.authenticator, options.allowedOrigins),
    ...(options.admission === null ? [] : [options.admission]),
  ];
  for (const layer of middleware) app.use(layer);

  const endpoints = endpointsOf(services, options);
  const { bodyBytes, bodyIdleMs, jsonDepth, responseBytes } = options.limits;
  const bodyLimits = { maxBytes: bodyBytes, idleMs: bodyIdleMs, maxDepth: jsonDepth };
  mount(app, endpoints, {
    authenticator: options.authenticator,
    bodyLimits,
    responseBytes,
    stalenessMs: () => services.stalenessMs(),
    clock: options.clock,
  });
  mcpRoute(app, options.mcp, { authenticator: options.authenticator, bodyLimits });
  const describe = apiDescription(endpoints, options.version);
  docsRoutes(app, describe, options);
  dashboardRoutes(app, options);
  if (options.namespaces !== null) namespaceRoutes(app, options.namespaces.gate, { ...options, describe });

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

/** Of a logged path. */
const PATH_CHARS_MAX = 500;

const identified: MiddlewareHandler<HttpEnv> = async (c, next) => {
  const requestId = c.env?.requestId ?? requestIdOf(c.req.raw.headers);
  c.set('requestId', requestId);
  await next();
  // In place: `c.header` would copy the finished answer, body and all.
  c.res.headers.set('X-Request-Id', requestId);
};

/** One line in the log and one sample a request. */
const observed =
  ({ logger, clock, metrics }: HttpOptions): MiddlewareHandler<HttpEnv> =>
  async (c, next) => {
    const startMs = clock.monotonicMs();
    await next();
    const durationMs = clock.monotonicMs() - startMs;
    const [method, route, { status }] = [methodOf(c), routeOf(c), c.res];
    metrics?.observe({ method, route, status, durationMs });
    const fields = {
      requestId: c.get('requestId'),
      method,
      route,
      path: c.req.path.slice(0, PATH_CHARS_MAX),
      status,
      durationMs: Math.round(durationMs * 100) / 100,
      caller: c.get('caller') ?? null,
    };
    if (status >= 500) logger.warn(fields, 'request failed');
    else logger.debug(fields, 'request');
  };
