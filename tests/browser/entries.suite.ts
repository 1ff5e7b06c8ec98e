import { expect, test } from 'vitest';
import { updateResponse } from '../../src/service/contract/write.ts';
import { KEYS, type World } from './support/world.ts';

export function entriesSuite(world: () => World): void {
  test('an entry is created, found, edited, its history read, and deleted', async () => {
    await world().visit({ key: KEYS.write }, async ({ page, picture, expectRefusal }) => {
      await page.goto('/');
      await page.getByRole('link', { name: 'New entry' }).click();
      await page.getByLabel('Category').selectOption('API');
      await page.getByLabel('Title').fill('Wind the clockwork before noon');
      await page.getByLabel('Playbook').fill('Turn the key nine times.\nListen for the click.');
      await page.getByLabel('Tags').fill('clock, brass');
      await picture('create');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { level: 1, name: 'Wind the clockwork before noon' }).waitFor();
      const address = page.url();

      await page.goto('/?q=clockwork');
      await page.getByRole('link', { name: /Wind the clockwork/ }).click();
      const drawer = page.getByRole('dialog', { name: 'Entry' });
      await drawer.getByRole('link', { name: 'Edit' }).click();
      await page.getByLabel('Playbook').fill('Turn the key eleven times.\nListen for the click.');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.waitForURL(address);
      await page.getByText('version 2').waitFor();

      await page.getByRole('button', { name: 'History' }).click();
      await expect.poll(() => page.locator('del').allInnerTexts()).toEqual(['nine']);
      expect(await page.locator('ins').allInnerTexts()).toEqual(['eleven']);
      expect(await page.locator('.version-head').allInnerTexts()).toEqual([
        expect.stringMatching(/^Changed · version 2 by walter/),
        expect.stringMatching(/^Created · version 1 by walter/),
      ]);
      await picture('history');

      await page.getByRole('button', { name: 'Delete' }).click();
      const question = page.getByRole('dialog', { name: 'Delete this entry?' });
      await question.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('heading', { level: 1, name: 'Wind the clockwork before noon' }).waitFor();
      await page.getByRole('button', { name: 'Delete' }).click();
      await question.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('heading', { name: 'There is no such entry' }).waitFor();
      await page.getByText('Deleted · version 3').waitFor();
      expectRefusal(404);
      await page.reload();
      await page.getByText('Deleted · version 3').waitFor();
    });
  });

  test('a refusal is told in the words of the API, at its field', async () => {
    await world().visit({ key: KEYS.write }, async ({ page, expectRefusal }) => {
      expectRefusal(400);
      await page.goto('/ui/new');
      await page.getByLabel('Title').fill('A title without anything to do');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect.poll(() => page.locator('#editor-error').innerText()).toMatch(/data\.playbook/);
      expect(await page.getByLabel('Playbook').getAttribute('aria-invalid')).toBe('true');
    });
  });

  test('what somebody else has changed meanwhile is not overwritten', async () => {
    const { entry_id } = await world().api.write('Paint the northern gate', 'Two coats of grey.');
    await world().visit({ key: KEYS.write }, async ({ page, expectRefusal }) => {
      expectRefusal(412);
      await page.goto(`/ui/entries/${entry_id}/edit`);
      await page.getByLabel('Title').fill('Paint the southern gate');
      const other = await world().api.post('/api/v1/entries/update', {
        entity_type: 'experience',
        entry_id,
        updates: { playbook: 'Three coats of grey.' },
      });
      expect(other.status, await other.text()).toBe(200);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('link', { name: 'Load the newest version' }).click();
      await expect.poll(() => page.getByLabel('Playbook').inputValue()).toBe('Three coats of grey.');
    });
  });

  test('what says nearly the same is shown while writing', async () => {
    await world().visit({ key: KEYS.write }, async ({ page }) => {
      await page.goto('/ui/new');
      await page.getByLabel('Title').fill('Keep the lantern in order, part 5');
      await page.getByLabel('Playbook').fill('Look after the lantern every day 5.');
      await page.getByRole('link', { name: 'Keep the lantern in order, part 5' }).waitFor();
      await page.getByText('Nearly the same').first().waitFor();
    });
  });

  test('a skill is created with what belongs to it', async () => {
    await world().visit({ key: KEYS.write }, async ({ page }) => {
      await page.goto('/ui/new?type=skill&category=DOC');
      await page.getByLabel('Name').fill('polish-the-brass');
      await page.getByLabel('Description').fill('Makes brass shine.');
      await page.getByLabel('Content').fill('# Polish\n\n<b>Not bold</b>');
      await page.getByLabel('Allowed tools').fill('cloth, wax');
      await page.getByLabel('Metadata').fill('{"minutes": 20}');
      await page.keyboard.press('Control+Enter');
      await page.getByRole('heading', { level: 1, name: 'polish-the-brass' }).waitFor();
      expect(await page.locator('.stored-text').innerText()).toBe('# Polish\n\n<b>Not bold</b>');
      expect(await page.getByLabel('Metadata').innerText()).toContain('"minutes": 20');
    });
  });

  test('stored text stays text, wherever it is shown', async () => {
    const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script> & zebra';
    const { entry_id } = await world().api.write(`<i>zebra</i> ${hostile}`.slice(0, 120), hostile, {
      tags: ['<b>zebra</b>'],
    });
    await world().api.ok(
      updateResponse,
      world().api.post('/api/v1/entries/update', {
        entity_type: 'experience',
        entry_id,
        updates: { playbook: `${hostile} again` },
      }),
    );
    await world().visit({ key: KEYS.read }, async ({ page }) => {
      await page.goto('/?q=zebra');
      await page.getByRole('link', { name: /<i>zebra<\/i>/ }).waitFor();
      await page.goto(`/ui/entries/${entry_id}`);
      await page.getByRole('button', { name: 'History' }).click();
      await page.locator('ins').waitFor();
      expect(await page.locator('.stored-text').innerText()).toBe(`${hostile} again`);
      expect(await page.locator('main img, main script, main i, main b').count()).toBe(0);
      expect(await page.title()).toMatch(/^<i>zebra<\/i>/);
    });
  });

  test('a reader sees no way to write; the key dialog brings one', async () => {
    const { entry_id } = await world().api.write('Count the lighthouse steps', 'There are many of them.');
    await world().visit({}, async ({ page, expectRefusal, picture }) => {
      await page.goto(`/ui/entries/${entry_id}`);
      const dialog = page.getByRole('dialog', { name: 'API key' });
      expectRefusal(401);
      await dialog.getByLabel('Key').fill('a-key-nobody-knows');
      await dialog.getByRole('button', { name: 'Use key' }).click();
      await dialog.getByText('The API key is not known.').waitFor();
      await picture('key');
      await dialog.getByLabel('Key').fill(KEYS.read);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Count the lighthouse steps' }).waitFor();
      expect(await page.getByRole('link', { name: 'Edit' }).count()).toBe(0);
      expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0);
      expect(await page.getByRole('link', { name: 'New entry' }).count()).toBe(0);

      await page.getByRole('button', { name: 'rita · read' }).click();
      await dialog.getByLabel('Key').fill(KEYS.write);
      await dialog.getByRole('button', { name: 'Use key' }).click();
      await page.getByRole('link', { name: 'Edit' }).waitFor();
      await page.getByRole('button', { name: 'walter · write' }).click();
      await dialog.getByRole('button', { name: 'Forget key' }).click();
      await page.getByText('This service asks for an API key.').waitFor();
    });
  });
}
