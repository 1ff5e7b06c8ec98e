import { Hono, type Context } from 'hono';
import { ChlError } from '../../core/errors.ts';
import { isNamespaceName, NAMESPACE_NAME_RULE } from '../../service/namespaces/namespace-name.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { afterBody } from '../body/after-body.ts';
import { dashboardRoutes, type DashboardAssets } from '../dashboard/dashboard-routes.tsx';
import { docsRoutes, type DocsAssets } from '../docs/docs-routes.ts';
import type { HttpEnv } from '../http-env.ts';

/** The way into a namespace. */
export interface NamespaceGate {
  /**
   * Opens it, unless it is open, and keeps it so until `leave`.
   * @throws NOT_FOUND, OVERLOADED, UNAVAILABLE
   */
  enter(name: string): Promise<{ readonly app: Pick<Hono<HttpEnv>, 'fetch'>; leave: () => void }>;
}

interface NamespaceRouteOptions {
  readonly authenticator: Authenticator;
  readonly describe: (basePath: string) => string;
  readonly docsAssets: DocsAssets | null;
  readonly dashboardAssets: DashboardAssets | null;
  readonly version: string;
}

/** As the address is routed: percent-encoded letters are decoded, an encoded slash is not one. */
const ADDRESS = /^\/ns\/([^/]*)(\/.*)?$/s;

/** They hold no data, so they are the same for every name, taken or not, and need no key. */
const IS_PAGE = /^(\/|\/ui\/.*|\/docs(\/.*)?|\/openapi\.json)$/s;

/**
 * `/ns/NAME/…`: what the service answers without namespaces, from the memory of that namespace. The
 * key is judged before the name is looked up, so a refusal does not tell which names exist.
 */
export function namespaceRoutes(
  app: Hono<HttpEnv>,
  gate: NamespaceGate,
  options: NamespaceRouteOptions,
): void {
  const handle = async (c: Context<HttpEnv>): Promise<Response> => {
    const [, name = '', path = '/'] = ADDRESS.exec(c.req.path) ?? [];
    if (!isNamespaceName(name)) {
      throw new ChlError('NOT_FOUND', 'There is nothing at this address.', {
        hint: `The name of a namespace ${NAMESPACE_NAME_RULE}.`,
      });
    }
    const authenticator = options.authenticator.within(name);
    const environment = { ...c.env, requestId: c.get('requestId') };
    if (IS_PAGE.test(path)) {
      return pagesOf(`/ns/${name}`, path, { ...options, authenticator }).fetch(c.req.raw, environment);
    }
    const { name: caller } = await authenticator.authorise(c.req.raw.headers, 'read');
    c.set('caller', caller);
    const { app: inner, leave } = await gate.enter(name);
    try {
      return afterBody(await inner.fetch(c.req.raw, environment), leave);
    } catch (error) {
      leave();
      throw error;
    }
  };
  for (const path of ['/ns/:name', '/ns/:name/*']) app.all(path, handle);
}

/** Made for each request: a dozen routes, and no namespace is opened to show a page. */
function pagesOf(basePath: string, path: string, options: NamespaceRouteOptions): Hono<HttpEnv> {
  const pages = new Hono<HttpEnv>({ getPath: () => path });
  docsRoutes(pages, options.describe, { ...options, basePath });
  dashboardRoutes(pages, { ...options, basePath });
  pages.notFound(() => {
    throw new ChlError('NOT_FOUND', 'There is nothing at this address.');
  });
  // Answered and logged in front, as everything else.
  pages.onError((error) => {
    throw error;
  });
  return pages;
}
