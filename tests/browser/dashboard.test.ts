import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { accessSuite } from './access.suite.ts';
import { entriesSuite } from './entries.suite.ts';
import { indexSuite } from './index.suite.ts';
import { searchSuite } from './search.suite.ts';
import { chromiumMissing } from './support/chromium.ts';
import { openWorld, type World } from './support/world.ts';

/** A bound for what hangs: on a busy machine a page may take its time. */
const TEST_MAX_MS = 300_000;
vi.setConfig({ testTimeout: TEST_MAX_MS, hookTimeout: TEST_MAX_MS });

const title = chromiumMissing
  ? 'dashboard (skipped: /usr/bin/chromium is not installed)'
  : 'dashboard, in a real Chromium';

describe.skipIf(chromiumMissing)(title, () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world?.stop());

  test('pages and their files carry a strict policy, and files are kept by their content', async () => {
    for (const path of ['/', '/ui/index', '/ui/assets/shell.js']) {
      const response = await fetch(world.url + path);
      expect(response.status).toBe(200);
      const policy = response.headers.get('Content-Security-Policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'");
      expect(policy).not.toContain('unsafe');
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(response.headers.get('X-Frame-Options')).toBe('DENY');
      await response.body?.cancel();
    }
    const first = await fetch(`${world.url}/ui/assets/base.css`);
    const etag = first.headers.get('ETag') ?? '';
    await first.body?.cancel();
    const again = await fetch(`${world.url}/ui/assets/base.css`, { headers: { 'If-None-Match': etag } });
    expect(again.status).toBe(304);
    for (const name of ['none.js', '..%2Fdashboard-routes.js', '%2e%2e%2flayout.js', 'icon.svg%00.js']) {
      const response = await fetch(`${world.url}/ui/assets/${name}`);
      expect(response.status, name).toBe(404);
      await response.body?.cancel();
    }
  });

  describe('search', () => searchSuite(() => world));
  describe('entries', () => entriesSuite(() => world));
  describe('index and transfer', () => indexSuite(() => world));
  describe('access', () => accessSuite(() => world));

  test('the watch itself: a violation of the policy fails the test', async () => {
    const visit = world.visit({}, async ({ page }) => {
      await page.goto('/');
      await page.evaluate(async () => {
        const refused = new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', resolve, { once: true });
        });
        const image = document.createElement('img');
        image.src = 'https://elsewhere.invalid/pixel.png';
        document.body.append(image);
        await refused;
      });
    });
    await expect(visit).rejects.toThrow('policy: img-src refused https://elsewhere.invalid/pixel.png');
  });
});
