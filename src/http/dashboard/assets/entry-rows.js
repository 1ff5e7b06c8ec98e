// @ts-check
/** @import {SearchResult} from '../../../service/contract/search.ts' */
/** @import {ReadEntry} from '../../../service/contract/entry-views.ts' */
import { categoryLink, entryPath, kindBadge, tagList, when } from './badges.js';
import { h } from './dom.js';
import { highlighted } from './highlight.js';
import { scorePanel } from './score.js';

/**
 * A search result.
 *
 * @param {SearchResult} result
 * @param {string} query
 */
export const resultRow = (result, query) =>
  h(
    'li',
    { class: 'row' },
    h(
      'div',
      { class: 'row-text' },
      rowTitle(result.entity_id, highlighted(result.title, query)),
      h(
        'p',
        { class: 'row-snippet' },
        result.heading !== null && h('span', { class: 'row-heading' }, `${result.heading} › `),
        ...highlighted(result.snippet, query),
      ),
      h(
        'p',
        { class: 'row-meta' },
        kindBadge(result),
        categoryLink(result.category_code),
        h('span', {}, result.author),
        when(result.updated_at),
        tagList(result.tags),
      ),
    ),
    scorePanel(result),
  );

/**
 * An entry of a list without ranking.
 *
 * @param {ReadEntry} entry
 * @param {{showCategory: boolean}} options
 */
export const entryRow = (entry, { showCategory }) =>
  h(
    'li',
    { class: 'row' },
    h(
      'div',
      { class: 'row-text' },
      rowTitle(entry.id, [entry.title ?? entry.name ?? entry.id]),
      h('p', { class: 'row-snippet' }, entry.playbook_preview ?? entry.description ?? ''),
      h(
        'p',
        { class: 'row-meta' },
        kindBadge(entry),
        showCategory && categoryLink(entry.category_code),
        h('span', {}, entry.author),
        when(entry.updated_at),
        entry.embedding_status !== 'embedded' &&
          h('span', { class: 'badge contextual' }, `embedding ${entry.embedding_status}`),
        tagList(entry.tags),
      ),
    ),
  );

/**
 * @param {string} id
 * @param {(string | HTMLElement)[]} title
 */
const rowTitle = (id, title) =>
  h(
    'h3',
    { class: 'row-title' },
    h('a', { class: 'row-link', href: entryPath(id), 'data-entry': id }, ...title),
  );
