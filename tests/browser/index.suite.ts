import { expect, test } from 'vitest';
import { KEYS, type World } from './support/world.ts';

export function indexSuite(world: () => World): void {
  test('the index in pictures: segments, tombstones, snapshot, and changes as they happen', async () => {
    await world().visit({ key: KEYS.read }, async ({ page, picture }) => {
      await page.goto('/ui/index');
      await page.getByRole('img', { name: /sealed segments?; the growing segment holds/ }).waitFor();
      await page.getByText('connected').waitFor();
      expect(await page.locator('.tile-title').allInnerTexts()).toEqual(
        expect.arrayContaining(['Vectors', 'Tombstones', 'Snapshot', 'Queue', 'Lock waits']),
      );
      await page.getByRole('img', { name: /^Times to get a lock: \d+ within/ }).waitFor();
      const { entry_id } = await world().api.write('Ring the evening bell', 'Seven times.');
      const change = page.locator('.live-item', { hasText: entry_id });
      await expect.poll(() => change.first().innerText()).toMatch(/created/);
      await world().api.remove(entry_id);
      await expect.poll(() => change.first().innerText()).toMatch(/deleted/);
      await expect.poll(() => page.locator('[fill="url(#hatch)"]').count()).toBeGreaterThan(0);
      await page.getByText('As a table').click();
      await expect.poll(() => page.getByRole('row', { name: /growing/ }).innerText()).toMatch(/exact/);
      await picture('index');
    });
  });

  test('an administrator saves, and rebuilds with progress', async () => {
    await world().visit({ key: KEYS.admin }, async ({ page, picture }) => {
      await page.goto('/ui/index');
      const before = await world().api.indexStatus();
      await page.getByRole('button', { name: 'Save snapshot' }).click();
      await expect.poll(() => page.locator('#toast').innerText()).not.toBe('');
      await page.getByRole('button', { name: 'Rebuild' }).click();
      const bar = page.getByRole('progressbar', { name: /Rebuil/ });
      await bar.waitFor();
      await page.getByText('Rebuilt', { exact: true }).waitFor();
      expect(await bar.evaluate((element) => (element as HTMLProgressElement).value)).toBe(1);
      await picture('rebuild');
      const after = await world().api.indexStatus();
      expect(after.counters.rebuilds).toBeGreaterThan(before.counters.rebuilds);
      expect(after.tombstones).toBe(0);
    });
  });

  test('without an admin key the buttons ask for one', async () => {
    await world().visit({ key: KEYS.write }, async ({ page }) => {
      await page.goto('/ui/index');
      await page.getByRole('button', { name: 'Rebuild' }).click();
      await page.getByRole('dialog', { name: 'API key' }).waitFor();
      await page.getByText('This needs a key with the role admin.').waitFor();
    });
  });

  test('a file is imported with progress, refusals are told by line, and the export brings all back', async () => {
    const lines = Array.from({ length: 700 }, (_, index) => ({
      entity_type: 'experience',
      category_code: 'OBS',
      ref: `bulk-${index}`,
      data: { section: 'useful', title: `Bulk entry ${index}`, playbook: `What to do about ${index}.` },
    }));
    const text = [...lines.map((line) => JSON.stringify(line)), '{"entity_type":"experience"}', ''].join(
      '\n',
    );
    await world().visit({ key: KEYS.write }, async ({ page, picture }) => {
      await page.goto('/ui/transfer');
      const file = page.getByLabel(/Choose an NDJSON file/);
      await expect.poll(() => file.isEnabled()).toBe(true);
      await file.setInputFiles({
        name: 'bulk.ndjson',
        mimeType: 'application/x-ndjson',
        buffer: Buffer.from(text),
      });
      await page.getByRole('button', { name: 'Import' }).click();
      await page.getByText('700 created, 0 updated, 0 unchanged, 1 refused.').waitFor();
      expect(await page.locator('.failures').innerText()).toMatch(/^line 701 /);
      expect(await page.getByRole('progressbar', { name: 'Imported' }).getAttribute('value')).not.toBe('0');
      await picture('transfer');

      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Export all entries' }).click();
      const stream = await (await download).createReadStream();
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      const exported = Buffer.concat(chunks).toString().trimEnd().split('\n');
      expect(exported.filter((line) => line.includes('"ref":"bulk-'))).toHaveLength(700);
    });
  });
}
