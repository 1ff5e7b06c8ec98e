// @ts-check
/** @import {EntryView} from '../../../service/contract/entry-views.ts' */
import { formText, h } from './dom.js';

/**
 * One field of the form. `read` turns what was typed into what the API takes; limits are the contract's.
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {'line' | 'text' | 'choice' | 'json' | 'list'} kind
 * @property {string} [help]
 * @property {number} [max]
 * @property {number} [rows]
 * @property {boolean} [required]
 * @property {boolean} [mono]
 * @property {readonly (readonly [string, string])[]} [options]
 */

/** @type {Field} */
const TAGS = { name: 'tags', label: 'Tags', kind: 'list', help: 'Separated by commas, at most 16.' };
/** @type {Field} */
const REF = {
  name: 'ref',
  label: 'Ref',
  kind: 'line',
  max: 200,
  help: 'A unique id elsewhere. An import with it updates this entry.',
};

/** @type {Readonly<Record<'experience' | 'skill', readonly Field[]>>} */
export const FIELDS = {
  experience: [
    {
      name: 'section',
      label: 'Section',
      kind: 'choice',
      options: [
        ['useful', 'Useful: do this'],
        ['harmful', 'Harmful: avoid this'],
        ['contextual', 'Contextual: right under conditions'],
      ],
    },
    {
      name: 'title',
      label: 'Title',
      kind: 'line',
      max: 120,
      required: true,
      help: 'What it is about, in one line.',
    },
    {
      name: 'playbook',
      label: 'Playbook',
      kind: 'text',
      max: 2000,
      rows: 9,
      required: true,
      help: 'What to do, step by step.',
    },
    {
      name: 'context',
      label: 'Context',
      kind: 'json',
      rows: 3,
      mono: true,
      help: 'When it applies, as a JSON object. A contextual experience needs one.',
    },
    TAGS,
    REF,
  ],
  skill: [
    {
      name: 'name',
      label: 'Name',
      kind: 'line',
      max: 64,
      required: true,
      mono: true,
      help: 'Unique, such as review-pull-request.',
    },
    {
      name: 'description',
      label: 'Description',
      kind: 'text',
      max: 1024,
      rows: 3,
      required: true,
      help: 'What it does and when to use it.',
    },
    {
      name: 'content',
      label: 'Content',
      kind: 'text',
      rows: 14,
      required: true,
      mono: true,
      help: 'The skill itself, as Markdown.',
    },
    { name: 'allowed_tools', label: 'Allowed tools', kind: 'list', help: 'Separated by commas.' },
    { name: 'license', label: 'License', kind: 'line', max: 500 },
    { name: 'compatibility', label: 'Compatibility', kind: 'line', max: 500 },
    { name: 'model', label: 'Model', kind: 'line', max: 500 },
    { name: 'metadata', label: 'Metadata', kind: 'json', rows: 3, mono: true, help: 'A JSON object.' },
    TAGS,
    REF,
  ],
};

/**
 * @param {Field} field
 * @param {EntryView | null} entry
 */
export function fieldNode(field, entry) {
  const id = `field-${field.name}`;
  const stored = entry === null ? null : /** @type {Record<string, unknown>} */ (entry)[field.name];
  const control = controlOf(field, id, textOf(field, stored));
  const counter =
    field.max !== undefined && field.kind === 'text'
      ? h('span', { class: 'counter', 'aria-hidden': 'true' })
      : null;
  if (counter !== null && !(control instanceof HTMLSelectElement)) {
    const show = () => (counter.textContent = `${Array.from(control.value).length} / ${field.max}`);
    control.addEventListener('input', show);
    show();
  }
  return h(
    'div',
    { class: `field field-${field.kind}` },
    h(
      'div',
      { class: 'field-head' },
      h(
        'label',
        { for: id },
        field.label,
        field.required !== true && field.kind !== 'choice' && h('span', { class: 'optional' }, 'optional'),
      ),
      counter,
    ),
    control,
    field.help !== undefined && h('p', { class: 'field-help', id: `${id}-help` }, field.help),
  );
}

/**
 * @param {Field} field
 * @param {string} id
 * @param {string} value
 */
function controlOf(field, id, value) {
  const common = {
    id,
    name: field.name,
    class: field.mono === true ? 'mono' : null,
    'aria-describedby': field.help === undefined ? null : `${id}-help`,
    'aria-required': field.required === true ? 'true' : null,
    autocomplete: 'off',
  };
  if (field.kind === 'choice') {
    return h(
      'select',
      common,
      ...(field.options ?? []).map(([name, label]) =>
        h('option', { value: name, selected: name === value }, label),
      ),
    );
  }
  if (field.kind === 'text' || field.kind === 'json') {
    const area = h('textarea', {
      ...common,
      rows: field.rows ?? 4,
      spellcheck: String(field.kind === 'text'),
    });
    area.value = value;
    return area;
  }
  return h('input', { ...common, type: 'text', value });
}

/**
 * @param {Field} field
 * @param {unknown} stored
 */
function textOf(field, stored) {
  if (stored === null || stored === undefined) return field.kind === 'choice' ? 'useful' : '';
  if (Array.isArray(stored) && field.kind === 'list') return stored.join(', ');
  return typeof stored === 'string' ? stored : JSON.stringify(stored, null, 2);
}

/**
 * What the form says, as the API takes it.
 *
 * @param {'experience' | 'skill'} type
 * @param {HTMLFormElement} form
 * @returns {Record<string, unknown>}
 * @throws SyntaxError naming the field that holds no JSON
 */
export function readFields(type, form) {
  /** @type {Record<string, unknown>} */
  const values = {};
  for (const field of FIELDS[type]) values[field.name] = valueOf(field, formText(form, field.name));
  return values;
}

/**
 * @param {Field} field
 * @param {string} text
 */
function valueOf(field, text) {
  const trimmed = text.trim();
  switch (field.kind) {
    case 'list': {
      const items = trimmed.split(',').map((item) => item.trim());
      const given = items.filter((item) => item !== '');
      return field.name === 'tags' || given.length > 0 ? given : null;
    }
    case 'json':
      return trimmed === '' ? null : parsed(field, trimmed);
    default:
      return trimmed === '' && field.required !== true ? null : text.replaceAll('\r\n', '\n');
  }
}

/**
 * @param {Field} field
 * @param {string} text
 */
function parsed(field, text) {
  try {
    return /** @type {unknown} */ (JSON.parse(text));
  } catch (cause) {
    throw new SyntaxError(`${field.label} is not JSON.`, { cause });
  }
}
