const MOBILE = { width: 360, height: 740 };

/** Types a query and waits for its results. */
const search = (words) => async (page) => {
  await page.getByRole('searchbox', { name: 'Search' }).fill(words);
  await page.getByRole('heading', { name: 'Results' }).waitFor();
  await page.locator('#results:not([aria-busy]) .score').first().waitFor();
};

const openFirst = async (page) => {
  await search('retry after a 503')(page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Entry' }).getByRole('button', { name: 'History' }).waitFor();
};

const openHistory = async (page) => {
  await search('retry an upload')(page);
  await page.getByRole('link', { name: /Retry an upload/ }).click();
  await page.getByRole('button', { name: 'History' }).click();
  await page.locator('ins').first().waitFor();
};

const categories = (page) => page.locator('.category-card').first().waitFor();

const editor = async (page) => {
  await page.getByLabel('Title').fill('Send the same idempotency key when an upload is retried');
  await page
    .getByLabel('Playbook')
    .fill('Keep the key of the first attempt. On 503 wait for Retry-After, then send the same body.');
  await page.locator('.similar-list').waitFor();
};

const index = async (page) => {
  await page.locator('.block-sealed').first().waitFor();
  await page.locator('.live-item').first().waitFor();
};

/** A file that is taken but for one line. */
const transfer = async (page) => {
  await page.getByText(/experiences and .* skills/).waitFor();
  const lines = Array.from({ length: 40 }, (_, at) => ({
    entity_type: 'experience',
    category_code: 'OBS',
    ref: `runbook-${at}`,
    data: {
      section: 'useful',
      title: `Runbook step ${at + 1}`,
      playbook: `What to look at in step ${at + 1}.`,
    },
  }));
  const text = [...lines, { entity_type: 'experience' }].map((line) => JSON.stringify(line)).join('\n');
  await page
    .getByLabel(/Choose an NDJSON file/)
    .setInputFiles({ name: 'runbook.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from(text) });
  await page.getByRole('button', { name: 'Import' }).click();
  await page.getByText('40 created').waitFor();
};

/** What is photographed: page, theme, size, and what has to be there first. */
export const SHOTS = [
  { name: 'search', path: '/', prepare: search('retry after a 503') },
  { name: 'search-dark', path: '/', theme: 'dark', prepare: search('retry after a 503') },
  { name: 'search-mobile', path: '/', ...MOBILE, prepare: search('retry after a 503') },
  { name: 'entry-dark', path: '/', theme: 'dark', prepare: openFirst },
  { name: 'history', path: '/', prepare: openHistory },
  { name: 'browse', path: '/ui/browse', prepare: categories },
  { name: 'editor', path: '/ui/new?category=API', prepare: editor },
  { name: 'index', path: '/ui/index', height: 1000, prepare: index },
  { name: 'index-dark', path: '/ui/index', theme: 'dark', height: 1000, prepare: index },
  { name: 'index-mobile', path: '/ui/index', theme: 'dark', ...MOBILE, prepare: index },
  { name: 'transfer', path: '/ui/transfer', prepare: transfer },
];
