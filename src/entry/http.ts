import type { Hono, MiddlewareHandler } from 'hono';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import type { ProcessMonitor } from '../../adapters/process-figures/process-monitor.ts';
import type { Logger } from '../core/ports/runtime.ts';
import { createApp, type HttpLimits, type HttpOptions } from '../http/app.ts';
import type { Authenticator } from '../http/auth/authenticator.ts';
import type { HttpEnv } from '../http/http-env.ts';
import type { NamespaceFigures } from '../service/namespaces/open-namespaces.ts';
import type { Services } from '../service/services.ts';
import type { Config } from './config.ts';
import { dashboardAssets } from './dashboard-assets.ts';
import { swaggerAssets } from './docs-assets.ts';
import { mcpOnDemand } from './mcp-on-demand.ts';
import { metricsOnDemand } from './metrics/metrics-on-demand.ts';
import { VERSION } from './version.ts';

export interface HttpParts extends Pick<HttpOptions, 'basePath' | 'namespaces'> {
  readonly config: Config;
  readonly limits: HttpLimits;
  readonly admission: MiddlewareHandler<HttpEnv> | null;
  readonly services: Services;
  readonly logger: Logger;
  readonly authenticator: Authenticator;
  readonly monitor: ProcessMonitor;
  readonly closing: AbortSignal;
  readonly namespaceFigures?: () => NamespaceFigures;
}

const HEARTBEAT_MS = 15_000;

export const httpLimits = (config: Config, overrides: Partial<HttpLimits> = {}): HttpLimits => ({
  ...config.limits,
  heartbeatMs: HEARTBEAT_MS,
  ...overrides,
});

/** What answers requests, over the use cases of one memory. */
export function openHttp(parts: HttpParts): Hono<HttpEnv> {
  const { config, services, logger, monitor, namespaceFigures } = parts;
  const isWhole = parts.basePath === '';
  return createApp(services, {
    ...parts,
    allowedOrigins: config.allowedOrigins,
    clock: systemClock,
    metrics: metricsOnDemand({
      figures: services.figures,
      processFigures: () => monitor.figures(),
      clock: systemClock,
      version: VERSION,
      ...(namespaceFigures === undefined ? {} : { namespaces: namespaceFigures }),
    }),
    mcp: mcpOnDemand({ services, logger, version: VERSION, answerChars: config.toolAnswerChars }),
    // The pages of a namespace are answered in front of it.
    docsAssets: isWhole ? swaggerAssets : null,
    dashboardAssets: isWhole ? dashboardAssets() : null,
    version: VERSION,
  });
}
