import { ChlError, toChlError } from '../core/errors.ts';
import { isLoopbackName } from '../http/auth/same-host.ts';
import { errorResponse } from '../http/errors.ts';
import { requestIdOf } from '../http/request-headers.ts';
import { consoleLogger } from './edge/console-logger.ts';
import { loadEdgeConfig, type Variables } from './edge/edge-config.ts';
import { openEdge, type EdgeService } from './edge/open-edge.ts';
import { permittedVariables, variablesIn } from './edge/variables.ts';

/** The service as platforms of isolates, `deno serve` and service workers run one. */
export interface EdgeHandler {
  /** @param environment the platform's: variables, or what is known of the connection */
  fetch(request: Request, environment?: unknown): Promise<Response>;
}

/** A first request that comes before the index waits for its vectors this long; then text search answers. */
const OPENING_MAX_MS = 5_000;

/**
 * @param given `CHL_*` variables as text, by name. What is not among them may come from the platform:
 *   with each request, or from the environment where it may be read
 */
export function createEdge(given: Variables = {}): EdgeHandler {
  let opening: Promise<EdgeService> | null = null;
  const opened = (environment: unknown): Promise<EdgeService> => {
    opening ??= open({ ...permittedVariables(), ...variablesIn(environment), ...given }).catch(
      (error: unknown) => {
        // The next request tries again: there is nobody else who could.
        opening = null;
        throw error;
      },
    );
    return opening;
  };
  return {
    async fetch(request, environment) {
      try {
        const edge = await opened(environment);
        const remoteAddress = remoteAddressIn(environment);
        if (!edge.needsKey) requireLoopback(remoteAddress);
        await edge.services.caughtUp();
        return await edge.app.fetch(request, { remoteAddress });
      } catch (error) {
        return refusal(error, request);
      }
    },
  };
}

/** Of a request that the application never saw: as the application would have answered. */
function refusal(error: unknown, request: Request): Response {
  const requestId = requestIdOf(request.headers);
  const { body, headers, status } = errorResponse(error, requestId);
  headers.set('X-Request-Id', requestId);
  // Nobody asked for another configuration here, as they do of an application that runs.
  const isUnusable = toChlError(error).code === 'CONFIGURATION';
  return new Response(body, { status: isUnusable ? 500 : status, headers });
}

async function open(variables: Variables): Promise<EdgeService> {
  const logger = consoleLogger('info');
  try {
    const config = loadEdgeConfig(variables);
    const edge = await openEdge(config, consoleLogger(config.logLevel));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const overdue = new Promise((resolve) => {
      timer = setTimeout(resolve, OPENING_MAX_MS);
    });
    await Promise.race([edge.collection.searchable, overdue]);
    clearTimeout(timer);
    return edge;
  } catch (thrown) {
    const error = toChlError(thrown, 'edge.open');
    logger.error({ err: error, cause: error.cause }, 'the service could not be opened');
    throw error;
  }
}

/**
 * Without keys nobody but this machine may ask.
 * @throws FORBIDDEN, also where the platform does not say who asks
 */
function requireLoopback(remoteAddress: string | null): void {
  if (remoteAddress !== null && isLoopbackName(remoteAddress)) return;
  throw new ChlError('FORBIDDEN', 'No API key is configured, so only this machine may ask.', {
    hint: 'Configure CHL_API_KEYS.',
  });
}

/** `deno serve` hands over what it knows of the connection. */
function remoteAddressIn(environment: unknown): string | null {
  const { remoteAddr } = (environment ?? {}) as { readonly remoteAddr?: { readonly hostname?: unknown } };
  return typeof remoteAddr?.hostname === 'string' ? remoteAddr.hostname : null;
}

/** What every such platform looks for. */
export default createEdge();
