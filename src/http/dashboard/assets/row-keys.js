// @ts-check

/**
 * Arrow keys through the rows of a list, from the search field and back. Enter is the link's own.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement | null} field where ArrowUp from the first row and Escape lead back to
 */
export function arrowKeys(list, field) {
  const links = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll('.row-link')]);

  field?.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown') return;
    const [first] = links();
    if (first === undefined) return;
    event.preventDefault();
    first.focus();
  });

  list.addEventListener('keydown', (event) => {
    const all = links();
    const at = all.findIndex((link) => link === document.activeElement);
    if (at < 0) return;
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Escape' || next === -1) {
      if (field === null) return;
      event.preventDefault();
      field.focus();
    } else if (next !== undefined) {
      event.preventDefault();
      all[Math.min(next, all.length - 1)]?.focus();
    }
  });
}
