// @ts-check
/** @import {Caller} from '../dashboard-routes.tsx' */
import { ApiError, key } from './api.js';
import { base } from './base.js';
import { byId, fill, h, icon } from './dom.js';
import { whoAmI } from './requests.js';

/** What every page has: theme, key, notices, and `/` for the search. */

const ROLES = ['read', 'write', 'admin'];
const ROLE_WORDS = { read: 'may read', write: 'may read and write', admin: 'may do everything' };

/** @type {Caller} */
let caller = { required: true, name: null, role: null };

/** @param {'read' | 'write' | 'admin'} needed */
export const mayI = (needed) => caller.role !== null && ROLES.indexOf(caller.role) >= ROLES.indexOf(needed);

/**
 * Starts a page: finds out whose key this is, then runs `show`, again after each change of key.
 *
 * @param {() => unknown} show may answer a promise; what it throws is shown as a notice
 */
export function startPage(show) {
  const run = async () => {
    clearNotice();
    try {
      caller = await whoAmI();
    } catch (error) {
      caller = { required: true, name: null, role: null };
      showNotice(error);
    }
    reflectCaller();
    if (caller.role === null) {
      if (key.get() === null)
        showNotice(new ApiError(401, 'UNAUTHENTICATED', 'This service asks for an API key.', null));
      openKeyDialog();
      return;
    }
    try {
      await show();
    } catch (error) {
      showNotice(error);
    }
  };
  startTheme();
  startKeyDialog(() => void run());
  startShortcuts();
  void run();
}

/** Says something in passing, to screen readers too. @param {string} message */
export function toast(message) {
  const element = byId('toast', HTMLElement);
  element.textContent = message;
  element.classList.add('shown');
  setTimeout(() => {
    if (element.textContent !== message) return;
    element.classList.remove('shown');
  }, 4000);
}

/** Above the page, in the words of the API. @param {unknown} error */
export function showNotice(error) {
  const notice = byId('notice', HTMLElement);
  fill(notice, ...errorWords(error));
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
    notice.append(h('button', { type: 'button', class: 'button', onclick: openKeyDialog }, 'Enter a key'));
  }
  notice.hidden = false;
}

export function clearNotice() {
  byId('notice', HTMLElement).hidden = true;
}

/** What went wrong and what to do about it, as elements. @param {unknown} error */
export function errorWords(error) {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof ApiError ? error.hint : null;
  return [
    icon('warning'),
    h(
      'div',
      { class: 'notice-words' },
      h('p', {}, message),
      hint !== null && h('p', { class: 'hint' }, hint),
    ),
  ];
}

/** @param {unknown} error */
export const isAbort = (error) => error instanceof DOMException && error.name === 'AbortError';

function reflectCaller() {
  for (const element of document.querySelectorAll('[data-needs]')) {
    const needed = element.getAttribute('data-needs');
    if (element instanceof HTMLElement) element.hidden = !mayI(needed === 'admin' ? 'admin' : 'write');
  }
  const label = byId('key-label', HTMLElement);
  if (!caller.required) label.textContent = 'No key needed';
  else label.textContent = caller.name === null ? 'Enter a key' : `${caller.name} · ${caller.role}`;
}

/** @param {() => void} onChange */
function startKeyDialog(onChange) {
  const dialog = byId('key-dialog', HTMLDialogElement);
  const input = byId('key-input', HTMLInputElement);
  const problem = byId('key-error', HTMLElement);
  byId('key-button', HTMLButtonElement).addEventListener('click', openKeyDialog);
  document.addEventListener('chl:key-needed', () => {
    if (!dialog.open) openKeyDialog();
  });
  byId('key-cancel', HTMLButtonElement).addEventListener('click', () => dialog.close());
  byId('key-forget', HTMLButtonElement).addEventListener('click', () => {
    key.set(null);
    dialog.close();
    onChange();
  });
  byId('key-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    void use();
  });

  async function use() {
    const before = key.get();
    problem.textContent = '';
    if (input.value.trim() === '') {
      problem.textContent = 'Type or paste a key.';
      return;
    }
    key.set(input.value.trim());
    try {
      await whoAmI();
      dialog.close();
      onChange();
    } catch (error) {
      key.set(before);
      problem.textContent = error instanceof Error ? error.message : String(error);
      input.select();
    }
  }
}

export function openKeyDialog() {
  const dialog = byId('key-dialog', HTMLDialogElement);
  const { required, name, role } = caller;
  byId('key-about', HTMLElement).textContent = !required
    ? 'No key is configured: this service answers on its own machine only, and whoever asks may do anything.'
    : name === null || role === null
      ? 'Reading, writing and administration each need a key with that role.'
      : `This tab uses the key of ${name}, which ${ROLE_WORDS[role]}.`;
  byId('key-forget', HTMLButtonElement).hidden = key.get() === null;
  byId('key-error', HTMLElement).textContent = '';
  byId('key-input', HTMLInputElement).value = '';
  if (!dialog.open) dialog.showModal();
}

const THEMES = /** @type {const} */ ([
  ['system', 'System theme', 'screen'],
  ['light', 'Light theme', 'sun'],
  ['dark', 'Dark theme', 'moon'],
]);

function startTheme() {
  const root = document.documentElement;
  const show = () => {
    const theme = root.dataset['theme'] ?? 'system';
    const [, label, drawing] = THEMES.find(([name]) => name === theme) ?? THEMES[0];
    byId('theme-label', HTMLElement).textContent = label;
    byId('theme-icon', SVGUseElement).setAttribute('href', `#icon-${drawing}`);
  };
  show();
  byId('theme-button', HTMLButtonElement).addEventListener('click', () => {
    const current = THEMES.findIndex(([name]) => name === (root.dataset['theme'] ?? 'system'));
    const [next] = THEMES[(current + 1) % THEMES.length] ?? THEMES[0];
    if (next === 'system') {
      delete root.dataset['theme'];
      localStorage.removeItem('chl.theme');
    } else {
      root.dataset['theme'] = next;
      localStorage.setItem('chl.theme', next);
    }
    show();
  });
}

function startShortcuts() {
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector('dialog[open]') !== null) return;
    event.preventDefault();
    const query = document.getElementById('query');
    if (query instanceof HTMLInputElement) query.select();
    else location.assign(`${base}/`);
  });
}

/** @param {EventTarget | null} target */
const isTyping = (target) =>
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement ||
  (target instanceof HTMLInputElement && target.type !== 'radio' && target.type !== 'checkbox');
