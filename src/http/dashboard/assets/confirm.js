// @ts-check
import { fill, h } from './dom.js';
import { errorWords } from './shell.js';

/**
 * Asks before something that cannot be taken back, and stays open with the reason when it fails.
 *
 * @param {{title: string, text: string, action: string, run: () => Promise<void>}} question
 */
export async function confirmed({ title, text, action, run }) {
  const problem = h('div', { class: 'notice', role: 'alert', hidden: true });
  const go = h('button', { type: 'button', class: 'button danger' }, action);
  const cancel = h('button', { type: 'button', class: 'button', autofocus: true }, 'Cancel');
  const dialog = h(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'confirm-title' },
    h(
      'div',
      { class: 'dialog-body' },
      h('h2', { id: 'confirm-title' }, title),
      h('p', {}, text),
      problem,
      h('div', { class: 'dialog-actions' }, h('span', { class: 'grow' }), cancel, go),
    ),
  );
  cancel.addEventListener('click', () => dialog.close());
  const act = async () => {
    go.disabled = true;
    try {
      await run();
      dialog.close();
    } catch (error) {
      fill(problem, ...errorWords(error));
      problem.hidden = false;
      go.disabled = false;
    }
  };
  go.addEventListener('click', () => void act());
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  dialog.remove();
}
