// @ts-check
/** @import {CategoryView} from '../../../service/contract/categories.ts' */
/** @import {EntryView} from '../../../service/contract/entry-views.ts' */
import { ApiError, newIdempotencyKey } from './api.js';
import { entryPath } from './badges.js';
import { base } from './base.js';
import { byId, debounced, fill, formText, h } from './dom.js';
import { FIELDS, fieldNode, readFields } from './editor-fields.js';
import { categoryName } from './format.js';
import { createEntry, listCategories, readEntry, updateEntry } from './requests.js';
import { errorWords, mayI, startPage } from './shell.js';
import { showSimilar } from './similar.js';

const TYPING_PAUSE_MS = 400;

const form = byId('editor', HTMLFormElement);
const fields = byId('editor-fields', HTMLElement);
const problem = byId('editor-error', HTMLElement);
const save = byId('editor-save', HTMLButtonElement);

const path = location.pathname.slice(base.length).split('/');
const editedId = path[2] === 'entries' ? decodeURIComponent(path[3] ?? '') : null;
const address = new URLSearchParams(location.search);

/** @type {EntryView | null} */
let edited = null;
/** One for each content: sending the same again stores nothing twice. */
let idempotencyKey = newIdempotencyKey();

startPage(async () => {
  if (!mayI('write')) throw new ApiError(403, 'FORBIDDEN', 'Writing needs a key with the role write.', null);
  const [categories, entry] = await Promise.all([
    listCategories(),
    editedId === null ? null : readEntry(editedId),
  ]);
  edited = entry;
  if (edited !== null) showEdited(edited);
  else if (address.get('type') === 'skill') chooseType('skill');
  showFields(categories);
});

form.addEventListener('input', () => {
  idempotencyKey = newIdempotencyKey();
  similarSoon();
});
byId('editor-type', HTMLElement).addEventListener('change', () => {
  void listCategories().then(showFields);
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void submit();
});
form.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

const similarSoon = debounced(() => {
  const [title, content] = entityType() === 'skill' ? ['description', 'content'] : ['title', 'playbook'];
  const draft = {
    entity_type: entityType(),
    title: formText(form, title),
    content: formText(form, content),
  };
  void showSimilar(draft, editedId);
}, TYPING_PAUSE_MS);

/** @returns {'experience' | 'skill'} */
const entityType = () =>
  edited?.entity_type ?? (formText(form, 'entity_type') === 'skill' ? 'skill' : 'experience');

/** @param {'experience' | 'skill'} type */
function chooseType(type) {
  const choices = /** @type {NodeListOf<HTMLInputElement>} */ (
    form.querySelectorAll('input[name=entity_type]')
  );
  for (const choice of choices) choice.checked = choice.value === type;
}

/** @param {EntryView} entry */
function showEdited(entry) {
  const title = entry.entity_type === 'skill' ? entry.name : entry.title;
  byId('editor-type', HTMLElement).hidden = true;
  byId('editor-title', HTMLElement).textContent = 'Edit entry';
  fill(
    byId('editor-crumb', HTMLElement),
    h('a', { href: entryPath(entry.id) }, title),
    ` · version ${entry.version}`,
  );
  byId('editor-cancel', HTMLAnchorElement).href = entryPath(entry.id);
  document.title = `Edit ${title} · CHL`;
}

/** @param {readonly CategoryView[]} categories */
function showFields(categories) {
  const chosen = edited?.category_code ?? (formText(form, 'category_code') || address.get('category'));
  const select = h(
    'select',
    { id: 'field-category', name: 'category_code', disabled: edited !== null },
    ...categories.map(({ code, name }) =>
      h('option', { value: code, selected: code === chosen }, `${code} · ${categoryName(name)}`),
    ),
  );
  fill(
    fields,
    h(
      'div',
      { class: 'field field-choice' },
      h('div', { class: 'field-head' }, h('label', { for: 'field-category' }, 'Category')),
      select,
    ),
    ...FIELDS[entityType()].map((field) => fieldNode(field, edited)),
  );
}

async function submit() {
  problem.hidden = true;
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
  save.disabled = true;
  try {
    const values = readFields(entityType(), form);
    const stored = edited === null ? await create(values) : await update(edited, values);
    location.assign(entryPath(stored));
  } catch (error) {
    showProblem(error);
  } finally {
    save.disabled = false;
  }
}

/**
 * @param {Record<string, unknown>} values
 * @returns {Promise<string>} the id
 */
async function create(values) {
  const { tags, ref, ...rest } = values;
  const data = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  const body = {
    entity_type: entityType(),
    category_code: formText(form, 'category_code'),
    data,
    tags,
    ref,
  };
  const answer = await createEntry(body, idempotencyKey);
  return answer.entry_id;
}

/**
 * @param {EntryView} entry
 * @param {Record<string, unknown>} values
 * @returns {Promise<string>} the id
 */
async function update(entry, values) {
  const before = /** @type {Record<string, unknown>} */ (entry);
  const changed = Object.entries(values).filter(
    ([name, value]) => JSON.stringify(before[name] ?? null) !== JSON.stringify(value),
  );
  if (changed.length === 0) return entry.id;
  const body = {
    entity_type: entry.entity_type,
    entry_id: entry.id,
    category_code: entry.category_code,
    updates: Object.fromEntries(changed),
    expected_version: entry.version,
    ...(values['section'] === 'contextual' ? { force_contextual: true } : {}),
  };
  const answer = await updateEntry(body, idempotencyKey);
  return answer.entry_id;
}

/** In the words of the API, and at the field that they name. @param {unknown} error */
function showProblem(error) {
  fill(problem, ...errorWords(error));
  if (error instanceof ApiError && error.code === 'VERSION_MISMATCH') {
    problem.append(h('a', { class: 'button', href: location.href }, 'Load the newest version'));
  }
  problem.hidden = false;
  const name = error instanceof Error ? /^(?:data|updates)\.(\w+)/.exec(error.message)?.[1] : undefined;
  const field = name === undefined ? null : document.getElementById(`field-${name}`);
  if (field === null) return;
  field.setAttribute('aria-invalid', 'true');
  field.focus();
}
