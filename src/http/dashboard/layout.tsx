import type { Child } from 'hono/jsx';
import { Icon, IconSheet } from './icons.tsx';

const NAVIGATION = [
  { href: '/', label: 'Search', icon: 'search' },
  { href: '/ui/browse', label: 'Browse', icon: 'browse' },
  { href: '/ui/index', label: 'Index', icon: 'index' },
  { href: '/ui/transfer', label: 'Transfer', icon: 'transfer' },
] as const;

/** What every page gets. */
export interface PageProps {
  readonly version: string;
  /** What every address of the service begins with: empty, or `/ns/NAME` for a namespace. */
  readonly base: string;
}

interface LayoutProps extends PageProps {
  readonly title: string;
  /** The place in the navigation, where the page has one. */
  readonly path?: (typeof NAVIGATION)[number]['href'] | undefined;
  /** The page's own module among the assets. */
  readonly script: string;
  readonly children: Child;
}

const STYLES = ['tokens.css', 'base.css', 'shell.css', 'components.css', 'pages.css'];

export const Layout = ({ title, version, base, path, script, children }: LayoutProps) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${title} · CHL`}</title>
      <link rel="icon" href={`${base}/ui/assets/icon.svg`} type="image/svg+xml" />
      {STYLES.map((name) => (
        <link rel="stylesheet" href={`${base}/ui/assets/${name}`} />
      ))}
      <script src={`${base}/ui/assets/theme.js`}></script>
      <script type="module" src={`${base}/ui/assets/${script}`}></script>
    </head>
    <body>
      <IconSheet />
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <Sidebar path={path} version={version} base={base} />
      <main id="main" class="main" tabindex={-1}>
        <div id="notice" class="notice" hidden role="alert"></div>
        <noscript>
          <p class="notice">
            The dashboard needs JavaScript. Without it there is the API: <a href={`${base}/docs`}>/docs</a>.
          </p>
        </noscript>
        {children}
      </main>
      <KeyDialog />
      <div id="toast" class="toast" role="status" aria-live="polite"></div>
    </body>
  </html>
);

const Sidebar = ({ path, version, base }: Pick<LayoutProps, 'path' | 'version' | 'base'>) => (
  <header class="sidebar">
    <a class="brand" href={`${base}/`} aria-label="CHL, to the search">
      <svg class="brand-mark" viewBox="0 0 24 24" aria-hidden="true">
        <rect x="3" y="4" width="18" height="4" rx="2" />
        <rect x="3" y="10" width="12" height="4" rx="2" />
        <rect x="3" y="16" width="7" height="4" rx="2" />
        <circle cx="18.5" cy="18" r="2.5" class="brand-dot" />
      </svg>
      <span class="brand-name">CHL</span>
    </a>
    <nav class="nav" aria-label="Main">
      {NAVIGATION.map(({ href, label, icon }) => (
        <a class="nav-link" href={base + href} {...(href === path ? { 'aria-current': 'page' } : {})}>
          <Icon name={icon} />
          <span>{label}</span>
        </a>
      ))}
    </nav>
    <a class="button primary new-entry" href={`${base}/ui/new`} data-needs="write">
      <Icon name="plus" />
      <span>New entry</span>
    </a>
    <div class="sidebar-end">
      <button type="button" class="side-button" id="key-button">
        <Icon name="key" />
        <span id="key-label">Key</span>
      </button>
      <button type="button" class="side-button" id="theme-button">
        <svg class="icon" aria-hidden="true" focusable="false">
          <use id="theme-icon" href="#icon-screen" />
        </svg>
        <span id="theme-label">System theme</span>
      </button>
      <a class="side-button docs-link" href={`${base}/docs`}>
        <Icon name="docs" />
        <span>API docs</span>
        <span class="version">v{version}</span>
      </a>
    </div>
  </header>
);

const KeyDialog = () => (
  <dialog id="key-dialog" class="dialog" aria-labelledby="key-title">
    <form id="key-form" class="dialog-body" method="dialog">
      <h2 id="key-title">API key</h2>
      <p id="key-about" class="muted"></p>
      <div class="field">
        <label for="key-input">Key</label>
        <input id="key-input" type="password" autocomplete="off" spellcheck={false} />
        <p class="field-help">Kept in this tab until you close it; sent to this service only.</p>
      </div>
      <p id="key-error" class="field-error" role="alert"></p>
      <div class="dialog-actions">
        <button type="button" id="key-forget" class="button danger-quiet">
          Forget key
        </button>
        <span class="grow"></span>
        <button type="button" id="key-cancel" class="button">
          Cancel
        </button>
        <button type="submit" class="button primary">
          Use key
        </button>
      </div>
    </form>
  </dialog>
);
