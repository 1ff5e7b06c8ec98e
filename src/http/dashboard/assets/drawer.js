// @ts-check
import { byId, fill, h } from './dom.js';
import { entryPath } from './badges.js';
import { showEntry } from './entry-view.js';
import { errorWords } from './shell.js';

/**
 * Opens the entries of a list beside it: a click or Enter on a row. With a modifier key the link is
 * a link. Escape closes, and the focus is back on the row.
 *
 * @param {HTMLElement} list
 * @param {() => unknown} onChanged when an entry was changed or deleted in the drawer
 */
export function startDrawer(list, onChanged) {
  const drawer = byId('drawer', HTMLDialogElement);
  const body = byId('drawer-body', HTMLElement);
  const link = byId('drawer-link', HTMLAnchorElement);

  list.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !(event.target instanceof Element)) return;
    const id = event.target.closest('[data-entry]')?.getAttribute('data-entry');
    if (id === null || id === undefined) return;
    event.preventDefault();
    void open(id);
  });
  byId('drawer-close', HTMLButtonElement).addEventListener('click', () => drawer.close());
  drawer.addEventListener('click', (event) => {
    if (event.target === drawer) drawer.close(); // the backdrop
  });

  /** @param {string} id */
  async function open(id) {
    link.href = entryPath(id);
    fill(body, h('p', { class: 'muted' }, 'Loading …'));
    drawer.showModal();
    try {
      await showEntry(body, id, {
        headingLevel: 2,
        onDeleted: () => {
          drawer.close();
          void onChanged();
        },
      });
    } catch (error) {
      fill(body, h('div', { class: 'notice' }, ...errorWords(error)));
    }
  }
}
