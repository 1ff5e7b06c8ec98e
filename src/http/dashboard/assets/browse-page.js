// @ts-check
/** @import {CategoryView} from '../../../service/contract/categories.ts' */
import { ApiError } from './api.js';
import { base } from './base.js';
import { byId, fill, h, s } from './dom.js';
import { startDrawer } from './drawer.js';
import { entryRow } from './entry-rows.js';
import { categoryName, count, plural } from './format.js';
import { listCategories, readEntriesOfBothTypes } from './requests.js';
import { arrowKeys } from './row-keys.js';
import { mayI, startPage } from './shell.js';

/** Of each type; the API's own limit. */
const ENTRIES_MAX = 1000;

const list = byId('browse-list', HTMLElement);
const filter = byId('browse-filter', HTMLInputElement);
const about = byId('browse-about', HTMLElement);
const code = new URLSearchParams(location.search).get('category');

arrowKeys(list, filter);
startDrawer(list, () => show());
filter.addEventListener('input', applyFilter);
startPage(show);

async function show() {
  const categories = await listCategories();
  if (code === null) showCategories(categories);
  else await showEntries(categories);
  applyFilter();
}

/** @param {readonly CategoryView[]} categories */
function showCategories(categories) {
  const total = categories.reduce((sum, { total_count }) => sum + total_count, 0);
  about.textContent = `${plural(total, 'entry', 'entries')} in ${plural(categories.length, 'category', 'categories')}`;
  const largest = Math.max(1, ...categories.map(({ total_count }) => total_count));
  const ordered = categories.toSorted(
    (a, b) => b.total_count - a.total_count || a.code.localeCompare(b.code),
  );
  fill(list, h('ul', { class: 'categories' }, ...ordered.map((category) => categoryCard(category, largest))));
}

/**
 * @param {CategoryView} category
 * @param {number} largest
 */
const categoryCard = (
  { code: own, name, description, experience_count, skill_count, total_count },
  largest,
) =>
  h(
    'li',
    { class: `category ${total_count === 0 ? 'is-empty' : ''}` },
    h(
      'a',
      { class: 'row-link category-card', href: `${base}/ui/browse?category=${encodeURIComponent(own)}` },
      h(
        'span',
        { class: 'category-head' },
        h('span', { class: 'category-code' }, own),
        h('span', { class: 'category-name' }, categoryName(name)),
        h('span', { class: 'category-count' }, count(total_count)),
      ),
      h('span', { class: 'category-about' }, description),
      proportion(experience_count, skill_count, largest),
      h(
        'span',
        { class: 'category-parts' },
        `${plural(experience_count, 'experience')}, ${plural(skill_count, 'skill')}`,
      ),
    ),
  );

/**
 * @param {number} experiences
 * @param {number} skills
 * @param {number} largest
 */
function proportion(experiences, skills, largest) {
  const [first, second] = [(experiences / largest) * 100, (skills / largest) * 100];
  return s(
    'svg',
    { viewBox: '0 0 100 4', preserveAspectRatio: 'none', class: 'bar', 'aria-hidden': 'true' },
    s('rect', { class: 'bar-track', width: 100, height: 4 }),
    s('rect', { class: 'bar-fill vector', width: first, height: 4 }),
    s('rect', { class: 'bar-fill text', x: first, width: second, height: 4 }),
  );
}

/** @param {readonly CategoryView[]} categories */
async function showEntries(categories) {
  const category = categories.find((one) => one.code === code);
  if (category === undefined) throw new ApiError(404, 'NOT_FOUND', `There is no category ${code}.`, null);
  const name = categoryName(category.name);
  document.title = `${name} · CHL`;
  byId('browse-back', HTMLElement).hidden = false;
  byId('browse-title', HTMLElement).textContent = name;
  const entries = await readEntriesOfBothTypes({
    category_code: category.code,
    limit: ENTRIES_MAX,
    snippet_len: 200,
  });
  const shown = entries.length < category.total_count ? `the first ${count(entries.length)} of ` : '';
  about.textContent = `${category.code} · ${category.description} ${shown}${plural(category.total_count, 'entry', 'entries')}.`;
  fill(
    list,
    entries.length === 0
      ? h(
          'div',
          { class: 'empty' },
          h('p', { class: 'empty-title' }, 'Nothing in this category yet'),
          mayI('write') &&
            h(
              'a',
              { class: 'button', href: `${base}/ui/new?category=${encodeURIComponent(category.code)}` },
              'Write the first entry',
            ),
        )
      : h('ol', { class: 'results' }, ...entries.map((entry) => entryRow(entry, { showCategory: false }))),
  );
}

function applyFilter() {
  const words = filter.value.trim().toLowerCase();
  for (const item of list.querySelectorAll('li')) {
    item.hidden = words !== '' && !(item.textContent ?? '').toLowerCase().includes(words);
  }
}
