// @ts-check
import { base } from './base.js';
import { h } from './dom.js';
import { ago, exact } from './format.js';

/**
 * What an entry is, in a word and a colour. The word alone says it too.
 *
 * @param {{entity_type: string, section?: string | null | undefined}} entry
 */
export const kindBadge = ({ entity_type: type, section }) =>
  type === 'skill'
    ? h('span', { class: 'badge skill' }, 'Skill')
    : h('span', { class: `badge ${section ?? 'useful'}` }, capital(section ?? 'experience'));

/** @param {string} code */
export const categoryLink = (code) =>
  h('a', { class: 'category-link', href: `${base}/ui/browse?category=${encodeURIComponent(code)}` }, code);

/** @param {readonly string[]} tags */
export const tagList = (tags) =>
  tags.length === 0
    ? null
    : h('span', { class: 'tags' }, ...tags.map((tag) => h('span', { class: 'tag' }, tag)));

/** @param {string} iso */
export const when = (iso) => h('time', { datetime: iso, title: exact(iso) }, ago(iso));

/** @param {string} id */
export const entryPath = (id) => `${base}/ui/entries/${encodeURIComponent(id)}`;

/** @param {string} word */
const capital = (word) => word.replace(/^./, (first) => first.toUpperCase());
