import type { Hono } from 'hono';
import type { HttpEnv } from '../http-env.ts';

/** A file of Swagger UI by name, or null when there is none. */
export type DocsAssets = (name: string) => Promise<Uint8Array<ArrayBuffer> | null>;

interface DocsOptions {
  readonly basePath: string;
  readonly docsAssets: DocsAssets | null;
}

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** Nothing from elsewhere; Swagger UI sets styles inline and holds icons as data. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = (base: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>CHL API</title>
    <link rel="icon" href="${base}/docs/favicon-32x32.png">
    <link rel="stylesheet" href="${base}/docs/swagger-ui.css">
  </head>
  <body>
    <main id="swagger-ui"></main>
    <script src="${base}/docs/swagger-ui-bundle.js"></script>
    <script src="${base}/docs/start.js"></script>
  </body>
</html>
`;

const start = (
  base: string,
): string => `SwaggerUIBundle({ url: '${base}/openapi.json', dom_id: '#swagger-ui', deepLinking: true, tryItOutEnabled: true });
`;

/**
 * `/openapi.json`, and `/docs` to browse it; neither needs a key, both say nothing that is not public.
 * @param describe the document for an address that the endpoints are served under
 */
export function docsRoutes(
  app: Hono<HttpEnv>,
  describe: (basePath: string) => string,
  { docsAssets, basePath }: DocsOptions,
): void {
  app.get('/openapi.json', (c) => c.body(describe(basePath), 200, { 'Content-Type': 'application/json' }));
  if (docsAssets === null) return;
  const headers = { 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'Referrer-Policy': 'no-referrer' };
  for (const path of ['/docs', '/docs/']) app.get(path, (c) => c.html(page(basePath), 200, headers));
  app.get('/docs/start.js', (c) =>
    c.body(start(basePath), 200, { ...headers, 'Content-Type': 'text/javascript; charset=utf-8' }),
  );
  app.get('/docs/:name', async (c) => {
    const name = c.req.param('name');
    const type = ASSETS[name];
    const bytes = type === undefined ? null : await docsAssets(name);
    if (type === undefined || bytes === null) return c.notFound();
    return c.body(bytes, 200, { ...headers, 'Content-Type': type, 'Cache-Control': 'max-age=3600' });
  });
}
