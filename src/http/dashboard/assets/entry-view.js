// @ts-check
/** @import {EntryView} from '../../../service/contract/entry-views.ts' */
import { newIdempotencyKey } from './api.js';
import { categoryLink, entryPath, kindBadge, tagList, when } from './badges.js';
import { confirmed } from './confirm.js';
import { fill, h, icon } from './dom.js';
import { historyView } from './history-view.js';
import { deleteEntry, readEntry } from './requests.js';
import { mayI, toast } from './shell.js';

/**
 * @typedef {object} EntryOptions
 * @property {1 | 2} headingLevel
 * @property {() => void} onDeleted
 */

/**
 * One entry with what can be done to it. What is stored is shown as text, as it is.
 *
 * @param {Element} parent
 * @param {string} id
 * @param {EntryOptions} options
 * @throws ApiError
 */
export async function showEntry(parent, id, options) {
  const entry = await readEntry(id);
  const title = entry.entity_type === 'skill' ? entry.name : entry.title;
  const past = h('section', { class: 'history', 'aria-label': 'History', hidden: true });
  fill(
    parent,
    h(
      'article',
      { class: 'entry' },
      h(
        'header',
        { class: 'entry-head' },
        h(
          'p',
          { class: 'row-meta' },
          kindBadge(entry),
          categoryLink(entry.category_code),
          h('span', {}, `version ${entry.version}`),
        ),
        h(options.headingLevel === 1 ? 'h1' : 'h2', { class: 'entry-title' }, title),
        h('div', { class: 'actions' }, ...entryActions(entry, past, options)),
      ),
      past,
      ...(entry.entity_type === 'skill' ? skillBody(entry) : experienceBody(entry)),
      provenance(entry),
    ),
  );
}

/**
 * @param {EntryView} entry
 * @param {HTMLElement} past
 * @param {EntryOptions} options
 */
const entryActions = (entry, past, options) => [
  mayI('write') &&
    h('a', { class: 'button', href: `${entryPath(entry.id)}/edit` }, icon('edit'), h('span', {}, 'Edit')),
  historyButton(entry, past),
  h(
    'button',
    { type: 'button', class: 'button', onclick: () => void copyId(entry.id) },
    icon('copy'),
    h('span', {}, 'Copy id'),
  ),
  mayI('write') &&
    h(
      'button',
      { type: 'button', class: 'button danger-quiet', onclick: () => void remove(entry, options) },
      icon('trash'),
      h('span', {}, 'Delete'),
    ),
];

/**
 * @param {EntryView} entry
 * @param {HTMLElement} past
 */
function historyButton(entry, past) {
  const button = h(
    'button',
    { type: 'button', class: 'button', 'aria-expanded': 'false' },
    icon('history'),
    h('span', {}, 'History'),
  );
  button.addEventListener('click', () => {
    past.hidden = !past.hidden;
    button.setAttribute('aria-expanded', String(!past.hidden));
    if (!past.hidden && past.childElementCount === 0) void historyView(past, entry.id);
  });
  return button;
}

/** @param {string} id */
async function copyId(id) {
  try {
    await navigator.clipboard.writeText(id);
    toast('The id is on the clipboard.');
  } catch {
    toast(`This browser gives no access to the clipboard; the id is ${id}`);
  }
}

/**
 * @param {EntryView} entry
 * @param {EntryOptions} options
 */
async function remove(entry, options) {
  const name = entry.entity_type === 'skill' ? entry.name : entry.title;
  await confirmed({
    title: 'Delete this entry?',
    text: `“${name}” is no longer found by anyone. Its history stays.`,
    action: 'Delete',
    run: async () => {
      await deleteEntry(
        { entity_type: entry.entity_type, entry_id: entry.id, expected_version: entry.version },
        newIdempotencyKey(),
      );
      toast('Deleted.');
      options.onDeleted();
    },
  });
}

/** @param {Extract<EntryView, {entity_type: 'experience'}>} entry */
const experienceBody = (entry) => [
  h(
    'section',
    { class: 'entry-body', 'aria-label': 'Playbook' },
    h('div', { class: 'stored-text' }, entry.playbook),
  ),
  entry.context !== null && storedJson('Context', entry.context),
];

/** @param {Extract<EntryView, {entity_type: 'skill'}>} entry */
const skillBody = (entry) => [
  h('p', { class: 'entry-lead' }, entry.description),
  h(
    'section',
    { class: 'entry-body', 'aria-label': 'Content' },
    h('div', { class: 'stored-text' }, entry.content),
  ),
  entry.metadata !== null && storedJson('Metadata', entry.metadata),
  entry.allowed_tools !== null && storedJson('Allowed tools', entry.allowed_tools),
];

/**
 * @param {string} title
 * @param {unknown} value
 */
const storedJson = (title, value) =>
  h(
    'section',
    { class: 'entry-json' },
    h('h3', {}, title),
    h(
      'pre',
      { class: 'code', tabindex: 0, 'aria-label': title },
      typeof value === 'string' ? value : JSON.stringify(value, null, 2),
    ),
  );

/** @param {EntryView} entry */
function provenance(entry) {
  /** @type {[string, import('./dom.js').Child][]} */
  const facts = [
    ['Id', h('code', {}, entry.id)],
    ['Author', entry.author],
    ['Updated', when(entry.updated_at)],
    ['Created', when(entry.created_at)],
    ['Embedding', entry.embedding_status],
    ['Source', entry.source],
  ];
  if (entry.ref !== null) facts.push(['Ref', h('code', {}, entry.ref)]);
  if (entry.entity_type === 'skill') {
    if (entry.license !== null) facts.push(['License', entry.license]);
    if (entry.compatibility !== null) facts.push(['Compatibility', entry.compatibility]);
    if (entry.model !== null) facts.push(['Model', entry.model]);
  }
  if (entry.tags.length > 0) facts.push(['Tags', tagList(entry.tags)]);
  return h(
    'dl',
    { class: 'facts' },
    ...facts.map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))),
  );
}
