// @ts-check
import { base } from './base.js';
import { byId, debounced, fill, formText, h } from './dom.js';
import { startDrawer } from './drawer.js';
import { entryRow, resultRow } from './entry-rows.js';
import { categoryName, duration, plural } from './format.js';
import { changesSince, indexStatus, listCategories, readEntriesOfBothTypes, search } from './requests.js';
import { arrowKeys } from './row-keys.js';
import { clearNotice, isAbort, showNotice, startPage } from './shell.js';

const TYPING_PAUSE_MS = 120;
const PAGE_SIZE = 10;
const RECENT_CHANGES = 60;
const RECENT_SHOWN = 8;

const form = byId('search-form', HTMLFormElement);
const query = byId('query', HTMLInputElement);
const category = byId('category', HTMLSelectElement);
const results = byId('results', HTMLElement);
const meta = byId('results-meta', HTMLElement);
const warning = byId('results-warning', HTMLElement);
const more = byId('more', HTMLButtonElement);
const clear = byId('clear-filters', HTMLButtonElement);

/** The request under way: a newer one makes its answer worthless. */
let running = new AbortController();
let shown = 0;

readAddress();
arrowKeys(results, query);
startDrawer(results, () => show());
startPage(async () => {
  await Promise.all([showCategories(), show()]);
});
// On a phone a focused field would cover half of the page with a keyboard.
if (matchMedia('(hover: hover)').matches) query.focus();

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (shown > 0) results.querySelector('a')?.focus();
});
const searchSoon = debounced(() => void show(), TYPING_PAUSE_MS);
form.addEventListener('input', searchSoon);
more.addEventListener('click', () => void show(shown));
clear.addEventListener('click', () => {
  const words = query.value;
  form.reset();
  query.value = words;
  query.focus();
  void show();
});
query.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || query.value === '') return;
  event.preventDefault();
  query.value = '';
  void show();
});

/** @param {number} [offset] results that are there already */
async function show(offset = 0) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  writeAddress();
  results.setAttribute('aria-busy', 'true');
  try {
    if (query.value.trim() === '') await showRecent(signal);
    else await showResults(offset, signal);
    clearNotice();
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) showNotice(error);
  } finally {
    if (!signal.aborted) results.removeAttribute('aria-busy');
  }
}

/**
 * @param {number} offset
 * @param {AbortSignal} signal
 */
async function showResults(offset, signal) {
  const words = query.value;
  const startMs = performance.now();
  const answer = await search({ ...request(), offset }, signal);
  const rows = answer.results.map((result) => resultRow(result, words));
  if (offset === 0) results.replaceChildren(...rows);
  else results.append(...rows);
  shown = offset + answer.count;
  if (offset > 0) rows[0]?.querySelector('a')?.focus();
  more.hidden = !answer.has_more;
  byId('results-title', HTMLElement).textContent = 'Results';
  meta.textContent =
    answer.total === 0
      ? 'Nothing matches.'
      : `${shown} of ${plural(answer.total, 'match', 'matches')} in ${duration(performance.now() - startMs)}`;
  const hints = [...new Set(answer.results.map(({ hint }) => hint).filter((hint) => hint !== null))];
  const warnings = [...answer.warnings, ...(answer.degraded ? hints : [])];
  warning.hidden = warnings.length === 0;
  fill(warning, ...warnings.map((text) => h('p', {}, text)));
  if (answer.total === 0) fill(results, nothingFound());
}

function request() {
  /** @param {string} name */
  const value = (name) => formText(form, name).trim();
  const tags = value('tags')
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  const section = value('section');
  return {
    query: query.value,
    mode: value('mode'),
    limit: PAGE_SIZE,
    ...(value('type') === '' ? {} : { types: [value('type')] }),
    ...(value('category') === '' ? {} : { category: value('category') }),
    ...(section === '' ? {} : { filters: { section } }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}

const nothingFound = () =>
  h(
    'li',
    { class: 'empty' },
    h('p', { class: 'empty-title' }, 'Nothing matches'),
    h('p', {}, 'Try fewer words, another mode, or without filters.'),
  );

/** Without a query: what changed last, the newest first. @param {AbortSignal} signal */
async function showRecent(signal) {
  const status = await indexStatus(signal);
  const since = Math.max(0, status.last_seq - RECENT_CHANGES);
  const changes = await changesSince(since, signal);
  const deleted = new Set(changes.filter(({ op }) => op === 'delete').map((change) => change.entry_id));
  const latest = changes.toReversed().filter((change) => !deleted.has(change.entry_id));
  const ids = [...new Set(latest.map((change) => change.entry_id))].slice(0, RECENT_SHOWN);
  const entries = await readAll(ids, signal);
  results.replaceChildren(...entries.map((entry) => entryRow(entry, { showCategory: true })));
  shown = entries.length;
  more.hidden = true;
  warning.hidden = true;
  byId('results-title', HTMLElement).textContent = 'Recent changes';
  meta.textContent = '';
  if (entries.length === 0) fill(results, nothingYet());
}

/**
 * @param {readonly string[]} ids
 * @param {AbortSignal} signal
 */
async function readAll(ids, signal) {
  if (ids.length === 0) return [];
  const entries = await readEntriesOfBothTypes({ ids, snippet_len: 200 }, signal);
  const byEntryId = new Map(entries.map((entry) => [entry.id, entry]));
  return ids.map((id) => byEntryId.get(id)).filter((entry) => entry !== undefined);
}

const nothingYet = () =>
  h(
    'li',
    { class: 'empty' },
    h('p', { class: 'empty-title' }, 'Nothing is stored yet'),
    h('p', {}, 'Write the first entry, import a file, or let an agent write through MCP.'),
  );

async function showCategories() {
  const categories = await listCategories();
  const chosen =
    category.value === '' ? (new URLSearchParams(location.search).get('category') ?? '') : category.value;
  category.replaceChildren(
    h('option', { value: '' }, 'Any category'),
    ...categories.map(({ code, name, total_count }) =>
      h(
        'option',
        { value: code },
        `${code} · ${categoryName(name)}${total_count > 0 ? ` (${total_count})` : ''}`,
      ),
    ),
  );
  category.value = chosen;
}

/** The address holds the search, so that going back, reloading and sharing work. */
function writeAddress() {
  const address = new URLSearchParams();
  for (const name of ['q', 'type', 'mode', 'category', 'section', 'tags']) {
    const value = formText(form, name);
    if (value !== '' && !(name === 'mode' && value === 'hybrid')) address.set(name, value);
  }
  clear.hidden = [...address.keys()].every((name) => name === 'q');
  const text = address.toString();
  history.replaceState(null, '', text === '' ? `${base}/` : `${base}/?${text}`);
}

function readAddress() {
  const address = new URLSearchParams(location.search);
  query.value = address.get('q') ?? '';
  byId('section', HTMLSelectElement).value = address.get('section') ?? '';
  byId('tags', HTMLInputElement).value = address.get('tags') ?? '';
  const code = address.get('category');
  if (code !== null)
    category.replaceChildren(
      h('option', { value: '' }, 'Any category'),
      h('option', { value: code, selected: true }, code),
    );
  for (const name of ['type', 'mode']) {
    const choices = /** @type {NodeListOf<HTMLInputElement>} */ (
      form.querySelectorAll(`input[name=${name}]`)
    );
    for (const choice of choices) choice.checked = choice.value === (address.get(name) ?? choices[0]?.value);
  }
}
