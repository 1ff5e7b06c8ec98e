import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { KEYS, type World } from './support/world.ts';

/** Each page, and what is there when it is complete. */
const PAGES = {
  search: ['/?q=lantern', '#results .score'],
  recent: ['/', '#results .row'],
  browse: ['/ui/browse', '.category-card'],
  category: ['/ui/browse?category=TST', '#browse-list .row'],
  editor: ['/ui/new', '#field-title'],
  index: ['/ui/index', '.live-item'],
  transfer: ['/ui/transfer', '#export-about'],
} as const;

const SERIOUS = new Set(['serious', 'critical']);

/** Everybody's way in: keyboards, screen readers, dark rooms, small screens. */
export function accessSuite(world: () => World): void {
  test('axe finds nothing serious on any page, in either theme', async () => {
    await world().visit({ key: KEYS.admin }, async ({ page, picture }) => {
      for (const [name, [path, complete]] of Object.entries(PAGES)) {
        await page.goto(path);
        await page.locator(complete).first().waitFor();
        await scan(page, name, picture);
      }
      await page.goto('/?q=lantern');
      await page
        .getByRole('link', { name: /lantern/ })
        .first()
        .click();
      const drawer = page.getByRole('dialog', { name: 'Entry' });
      await drawer.getByRole('button', { name: 'History' }).click();
      await drawer.locator('.version-item').first().waitFor();
      await scan(page, 'entry', picture);
      await drawer.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('dialog', { name: 'Delete this entry?' }).waitFor();
      await scan(page, 'confirm', picture);
    });
  });

  test('dark mode: the system decides until someone else does, and the choice stays', async () => {
    await world().visit({ key: KEYS.read, colorScheme: 'dark' }, async ({ page }) => {
      const isDark = () =>
        page.evaluate(
          () => getComputedStyle(document.body.parentElement!).backgroundColor === 'rgb(14, 17, 22)',
        );
      await page.goto('/');
      expect(await isDark()).toBe(true);
      const button = page.getByRole('button', { name: /theme$/ });
      await button.click();
      await expect.poll(() => button.innerText()).toBe('Light theme');
      expect(await isDark()).toBe(false);
      await page.goto('/ui/browse');
      expect(await isDark()).toBe(false);
      await button.click();
      expect(await isDark()).toBe(true);
    });
  });

  test('keyboard alone: search, open, read, close, and on to another page', async () => {
    await world().visit({ key: KEYS.write }, async ({ page }) => {
      await page.goto('/');
      await page.getByRole('heading', { name: 'Recent changes' }).waitFor();
      const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
      await page.locator('body').press('Tab');
      await page.keyboard.press('/');
      await page.keyboard.type('compass');
      await page.locator('#results:not([aria-busy]) .score').first().waitFor();
      await expect.poll(() => page.locator('#results .row').first().innerText()).toMatch(/compass/);
      const titles = await page.locator('.row-title').allInnerTexts();
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toBe(titles[0]);
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toBe(titles[1]);
      await page.keyboard.press('Enter');
      const drawer = page.getByRole('dialog', { name: 'Entry' });
      await drawer.getByRole('heading', { name: titles[1]! }).waitFor();
      await page.keyboard.press('Escape');
      await drawer.waitFor({ state: 'hidden' });
      expect(await focused()).toBe(titles[1]);
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('query');
      await page.keyboard.press('Escape');
      await page.getByRole('heading', { name: 'Recent changes' }).waitFor();

      await page.goto('/ui/browse');
      await page.locator('.category-card').first().waitFor();
      await page.keyboard.press('Tab');
      expect(await focused()).toContain('Skip to content');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('browse-filter');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForURL(/category=/);
    });
  });

  test('a screen of 360 pixels is wide enough for every page', async () => {
    await world().visit(
      { key: KEYS.admin, viewport: { width: 360, height: 740 } },
      async ({ page, picture }) => {
        for (const [name, [path, complete]] of Object.entries(PAGES)) {
          await page.goto(path);
          await page.locator(complete).first().waitFor();
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(width, name).toBeLessThanOrEqual(360);
          await picture(`${name}-mobile`);
        }
      },
    );
  });
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Everything in the light; in the dark only colours differ. */
async function scan(page: Page, name: string, picture: (name: string) => Promise<void>): Promise<void> {
  await page.evaluate(await readFile(axePath, 'utf8'));
  const themes = { light: '{ resultTypes: ["violations"] }', dark: '{ runOnly: ["color-contrast"] }' };
  for (const [theme, options] of Object.entries(themes)) {
    await page.emulateMedia({ colorScheme: theme as 'light' | 'dark' });
    const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${options})`);
    const serious = violations.filter(({ impact }) => SERIOUS.has(impact ?? ''));
    const found = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
    expect(found, `${name}, ${theme}`).toEqual([]);
    await picture(`${name}-${theme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
