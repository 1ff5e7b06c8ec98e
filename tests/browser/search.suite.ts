import { expect, test } from 'vitest';
import type { World } from './support/world.ts';
import { KEYS } from './support/world.ts';

export function searchSuite(world: () => World): void {
  test('search as you type: results with their scores, filters, and an address that brings them back', async () => {
    await world().visit({ key: KEYS.read }, async ({ page, picture }) => {
      await page.goto('/');
      await page.getByRole('heading', { name: 'Recent changes' }).waitFor();
      const query = page.getByRole('searchbox', { name: 'Search' });
      await query.pressSequentially('granite', { delay: 5 });
      const rows = page.locator('#results .row');
      await page.locator('#results:not([aria-busy]) .score').first().waitFor();
      await expect.poll(() => rows.first().innerText()).toMatch(/granite/);
      expect(await rows.first().locator('mark').first().innerText()).toBe('granite');
      const score = await rows.first().locator('.score').innerText();
      expect(score).toMatch(/0\.\d\d\s+meaning \+ words\s+meaning\s+0\.\d\d\s+words\s+0\.\d\d/);

      await page.getByLabel('Words').check({ force: true });
      await expect.poll(() => rows.first().locator('.score').innerText()).toMatch(/meaning\s+–/);
      await page.getByLabel('Category').selectOption('SRE');
      await expect.poll(() => rows.locator('.category-link').allInnerTexts()).toSatisfy(all('SRE'));
      await page.getByLabel('Tags, separated by commas').fill('granite');
      await expect.poll(() => rows.locator('.tag').allInnerTexts()).toSatisfy(all('granite'));
      await picture('search');

      await page.reload();
      await expect.poll(() => query.inputValue()).toBe('granite');
      await expect.poll(() => rows.locator('.category-link').allInnerTexts()).toSatisfy(all('SRE'));
      expect(await page.getByLabel('Words').isChecked()).toBe(true);
    });
  });

  test('more results are one press away, and nothing found is said', async () => {
    await world().visit({ key: KEYS.read }, async ({ page }) => {
      await page.goto('/?q=every+day');
      await page.getByRole('button', { name: 'Show more' }).click();
      await expect.poll(() => page.locator('#results .row').count()).toBe(20);
      await page.getByLabel('Tags, separated by commas').fill('no-such-tag');
      await page.locator('.empty-title').waitFor();
      expect(await page.locator('#results-meta').innerText()).toBe('Nothing matches.');
    });
  });

  test('an answer that comes late does not overwrite a newer one', async () => {
    await world().visit({ key: KEYS.read }, async ({ page }) => {
      await page.goto('/');
      await page.getByRole('heading', { name: 'Recent changes' }).waitFor();
      const held: (() => void)[] = [];
      await page.route('**/api/v1/search/', async (route) => {
        if (!(route.request().postData() ?? '').includes('harbour')) return route.continue();
        await new Promise<void>((resolve) => held.push(resolve));
        await route.continue().catch(() => undefined); // aborted meanwhile: that is the point
      });
      const query = page.getByRole('searchbox', { name: 'Search' });
      await query.fill('harbour');
      await expect.poll(() => held.length).toBe(1);
      await query.fill('willow');
      const first = page.locator('#results .row').first();
      await expect.poll(() => first.innerText()).toMatch(/willow/);
      for (const release of held) release();
      await page.unrouteAll({ behavior: 'wait' });
      expect(await first.innerText()).toMatch(/willow/);
    });
  });

  test('browse: categories with their counts, and the entries of one', async () => {
    await world().visit({ key: KEYS.read }, async ({ page, picture }) => {
      await page.goto('/ui/browse');
      const card = page.getByRole('link', { name: /^SRE/ });
      await expect.poll(() => card.locator('.category-count').innerText()).toMatch(/^\d+$/);
      await picture('browse');
      await card.click();
      await page.getByRole('heading', { name: 'Reliability SRE' }).waitFor();
      await page.getByLabel('Filter what is shown').fill('lantern');
      const shown = page.locator('#browse-list li:visible .row-title');
      await expect
        .poll(() => shown.allInnerTexts())
        .toSatisfy(
          (titles: string[]) => titles.length > 0 && titles.every((title) => title.includes('lantern')),
        );
    });
  });
}

const all = (wanted: string) => (texts: string[]) =>
  texts.length > 0 && texts.every((text) => text === wanted);
