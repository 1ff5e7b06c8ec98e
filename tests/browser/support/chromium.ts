import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { BROWSER_ARGUMENTS } from '../../../scripts/screenshots/browser-arguments.mjs';
import { CHROMIUM } from '../../../scripts/setup/test-tools.mjs';
import { repositoryRoot } from '../../support/build.ts';

/** Set-up installs it where it may; in CI its absence is a failure, elsewhere a reason to skip. */
export const chromiumMissing = !existsSync(CHROMIUM) && process.env['CI'] === undefined;

const PICTURES = join(repositoryRoot, 'artifacts', 'browser');
const STEP_MAX_MS = 30_000;

export interface PageOptions extends Pick<BrowserContextOptions, 'colorScheme' | 'viewport'> {
  /** The key of the tab, as if it had been entered before. */
  readonly key?: string;
}

/** A page that is watched: whatever the browser complains about fails the test. */
export interface WatchedPage {
  readonly page: Page;
  /** Answers that a test asks for although they are refusals; the browser tells its console of them. */
  readonly expectRefusal: (status: number) => void;
  /** Keeps a picture for whoever looks at the run. */
  readonly picture: (name: string) => Promise<void>;
  /** @throws when the console, the page, its policy or its requests had anything to complain about */
  readonly close: () => Promise<void>;
}

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: BROWSER_ARGUMENTS, timeout: STEP_MAX_MS });

export async function openPage(
  browser: Browser,
  url: string,
  { key, ...options }: PageOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    acceptDownloads: true,
    ...options,
  });
  const complaints: string[] = [];
  const refusals = new Set<number>();
  await context.exposeBinding('reportViolation', (_source, violation: string) => {
    complaints.push(`policy: ${violation}`);
  });
  await context.addInitScript(watchPolicy);
  if (key !== undefined) await context.addInitScript(enterKey, key);
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_MAX_MS);
  page.on('pageerror', (error) => complaints.push(`page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const status = /the server responded with a status of (\d+)/.exec(message.text())?.[1];
    if (status === undefined || !refusals.has(Number(status))) complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'blob:' && protocol !== 'data:' && origin !== url) {
      complaints.push(`asked elsewhere: ${request.url()}`);
    }
  });
  return {
    page,
    expectRefusal: (status) => void refusals.add(status),
    picture: async (name) => {
      await mkdir(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `${name}.png`) });
    },
    close: async () => {
      await context.close();
      if (complaints.length > 0) throw new Error(`The browser complained:\n${complaints.join('\n')}`);
    },
  };
}

/** Runs in the page, before anything of its own. */
function watchPolicy(): void {
  document.addEventListener('securitypolicyviolation', (event) => {
    const watcher = globalThis as unknown as { reportViolation(text: string): Promise<void> };
    void watcher.reportViolation(`${event.violatedDirective} refused ${event.blockedURI || event.sample}`);
  });
}

function enterKey(key: string): void {
  if (sessionStorage.getItem('chl.key') === null) sessionStorage.setItem('chl.key', key);
}
