// @ts-check
/** @import {HistoryResponse} from '../../../service/contract/read.ts' */
import { when } from './badges.js';
import { diff } from './diff.js';
import { fill, h } from './dom.js';
import { readHistory } from './requests.js';
import { errorWords } from './shell.js';

/** @typedef {HistoryResponse['history'][number]} Version */

const OPERATIONS = { create: 'Created', update: 'Changed', delete: 'Deleted' };

/**
 * Every version, the newest first, each with what it changed.
 *
 * @param {Element} parent
 * @param {string} id
 */
export async function historyView(parent, id) {
  fill(parent, h('p', { class: 'muted' }, 'Loading …'));
  try {
    const history = await readHistory(id);
    const ordered = history.toSorted((a, b) => a.version - b.version);
    const items = ordered.map((version, index) => versionItem(version, ordered[index - 1] ?? null));
    fill(parent, h('ol', { class: 'versions' }, ...items.toReversed()));
  } catch (error) {
    fill(parent, h('div', { class: 'notice' }, ...errorWords(error)));
  }
}

/**
 * @param {Version} version
 * @param {Version | null} before
 */
function versionItem(version, before) {
  const changes = version.op === 'delete' || before === null ? [] : changedFields(before, version);
  return h(
    'li',
    { class: 'version-item' },
    h(
      'p',
      { class: 'version-head' },
      h('strong', {}, `${OPERATIONS[version.op]} · version ${version.version}`),
      h('span', { class: 'muted' }, ' by ', version.actor, ' ', when(version.at)),
    ),
    ...changes,
    version.op === 'update' && changes.length === 0 && h('p', { class: 'muted' }, 'No field differs.'),
  );
}

/**
 * @param {Version} before
 * @param {Version} after
 */
function changedFields(before, after) {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) =>
      h(
        'div',
        { class: 'diff' },
        h('p', { class: 'diff-field' }, name),
        h('div', { class: 'diff-text' }, ...diff(old.get(name) ?? '', now.get(name) ?? '').map(pieceNode)),
      ),
    );
}

/** @param {Version} version */
function fieldsOf({ data, tags }) {
  /** @type {Map<string, string>} */
  const fields = new Map();
  for (const [name, value] of Object.entries({ ...data, tags: tags.join(', ') })) {
    if (value === null || value === undefined || value === '') continue;
    fields.set(name, typeof value === 'string' ? value : JSON.stringify(value, null, 2));
  }
  return fields;
}

/** @param {import('./diff.js').Piece} piece */
const pieceNode = ({ kind, text }) =>
  kind === 'same' ? text : h(kind === 'added' ? 'ins' : 'del', {}, text);
