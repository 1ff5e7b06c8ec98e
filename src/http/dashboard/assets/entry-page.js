// @ts-check
import { ApiError } from './api.js';
import { byId, fill, h } from './dom.js';
import { showEntry } from './entry-view.js';
import { historyView } from './history-view.js';
import { startPage } from './shell.js';

const id = decodeURIComponent(location.pathname.split('/').at(-1) ?? '');
const parent = byId('entry', HTMLElement);

startPage(async () => {
  try {
    await showEntry(parent, id, { headingLevel: 1, onDeleted: () => void showGone() });
    document.title = `${parent.querySelector('h1')?.textContent ?? 'Entry'} · CHL`;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    await showGone();
  }
});

/** What was deleted has a history still; what never was has none, and the API says so. */
async function showGone() {
  const past = h('section', { class: 'history', 'aria-label': 'History' });
  fill(
    parent,
    h('h1', {}, 'There is no such entry'),
    h('p', { class: 'muted' }, 'It was deleted, or it never existed: ', h('code', {}, id)),
    past,
  );
  await historyView(past, id);
}
