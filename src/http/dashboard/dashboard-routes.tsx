import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { FC } from 'hono/jsx';
import type { Role } from '../../service/roles.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { HttpEnv } from '../http-env.ts';
import type { PageProps } from './layout.tsx';
import { BrowsePage } from './pages/browse-page.tsx';
import { EditorPage } from './pages/editor-page.tsx';
import { EntryPage } from './pages/entry-page.tsx';
import { IndexPage } from './pages/index-page.tsx';
import { SearchPage } from './pages/search-page.tsx';
import { TransferPage } from './pages/transfer-page.tsx';

/** A file of the dashboard by name, with its SHA-256 in hex, or null when there is none. */
export type DashboardAssets = (name: string) => Promise<DashboardAsset | null>;

export interface DashboardAsset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digest: string;
}

/** What `/ui/caller` answers: who the key of a browser tab belongs to. */
export interface Caller {
  /** Whether requests need a key at all. */
  readonly required: boolean;
  /** Both null without a key where one is needed. */
  readonly name: string | null;
  readonly role: Role | null;
}

interface DashboardOptions {
  readonly authenticator: Authenticator;
  readonly basePath: string;
  /** Null where there is no file system: the dashboard is then not there. */
  readonly dashboardAssets: DashboardAssets | null;
  readonly version: string;
}

/** Pages are shells without data: what they show, their scripts ask of the API with the reader's own key. */
const PAGES: Readonly<Record<string, FC<PageProps>>> = {
  '/': SearchPage,
  '/ui/browse': BrowsePage,
  '/ui/new': EditorPage,
  '/ui/entries/:id': EntryPage,
  '/ui/entries/:id/edit': EditorPage,
  '/ui/index': IndexPage,
  '/ui/transfer': TransferPage,
};

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Nothing inline and nothing from elsewhere; scripts cannot turn text into markup at all. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
} as const;

/** `/` and `/ui/…`: the dashboard. */
export function dashboardRoutes(app: Hono<HttpEnv>, options: DashboardOptions): void {
  const { authenticator, dashboardAssets, version, basePath } = options;
  if (dashboardAssets === null) return;

  for (const [path, Page] of Object.entries(PAGES)) {
    const markup = () => html`<!doctype html>${<Page version={version} base={basePath} />}`;
    app.get(path, (c) => c.html(markup(), 200, { ...SECURITY_HEADERS, 'Cache-Control': 'no-cache' }));
  }
  app.get('/ui/caller', async (c) => c.json(await callerOf(authenticator, c.req.raw.headers)));
  app.get('/ui/assets/:name', async (c) => {
    const name = c.req.param('name');
    const type = /^[\w-]+\.(css|js|svg)$/.exec(name)?.[1];
    const asset = type === undefined ? null : await dashboardAssets(name);
    if (type === undefined || asset === null) return c.notFound();
    return sendAsset(c, asset, MEDIA_TYPES[type]!);
  });
}

/** Kept by the browser, but asked for each time: after an upgrade no page meets a script of another version. */
function sendAsset(c: Context<HttpEnv>, { bytes, digest }: DashboardAsset, type: string): Response {
  const etag = `"${digest}"`;
  const headers = { ...SECURITY_HEADERS, 'Cache-Control': 'no-cache', ETag: etag };
  if (c.req.header('If-None-Match') === etag) return c.body(null, 304, headers);
  return c.body(bytes, 200, { ...headers, 'Content-Type': type });
}

async function callerOf(authenticator: Authenticator, headers: Headers): Promise<Caller> {
  const { required } = authenticator;
  if (required && !headers.has('Authorization')) return { required, name: null, role: null };
  const { name, role } = await authenticator.authorise(headers, 'read');
  return { required, name, role };
}
