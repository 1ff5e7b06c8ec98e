// @ts-check
/** @import {DuplicatesResponse} from '../../../service/contract/search.ts' */
import { entryPath } from './badges.js';
import { byId, fill, h } from './dom.js';
import { findDuplicates } from './requests.js';
import { isAbort } from './shell.js';

const CANDIDATES = 4;
/** As the API recommends it. */
const REVIEW_FIRST = 0.85;

let running = new AbortController();

/**
 * Shows what says nearly the same. A search that fails is no reason to stop writing: it is said, quietly.
 *
 * @param {{entity_type: string, title: string, content: string}} draft
 * @param {string | null} ownId not a duplicate of itself
 */
export async function showSimilar(draft, ownId) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  if (draft.title.trim() === '' || draft.content.trim() === '') return;
  const parent = byId('similar', HTMLElement);
  try {
    const answer = await findDuplicates({ ...draft, limit: CANDIDATES + 1 }, signal);
    const others = answer.candidates.filter(({ entity_id }) => entity_id !== ownId).slice(0, CANDIDATES);
    if (others.length === 0) fill(parent, h('p', { class: 'muted' }, 'Nothing says nearly the same.'));
    else fill(parent, h('ul', { class: 'similar-list' }, ...others.map(candidateItem)));
  } catch (error) {
    if (isAbort(error)) return;
    fill(parent, h('p', { class: 'muted' }, error instanceof Error ? error.message : String(error)));
  }
}

/** @param {DuplicatesResponse['candidates'][number]} candidate */
const candidateItem = ({ entity_id: id, title, summary, score }) =>
  h(
    'li',
    {},
    h(
      'p',
      { class: 'similar-head' },
      h('a', { href: entryPath(id), target: '_blank', rel: 'noopener' }, title),
      h(
        'span',
        { class: `badge ${score >= REVIEW_FIRST ? 'harmful' : 'plain'}` },
        `${Math.round(score * 100)} %`,
      ),
    ),
    h('p', { class: 'row-snippet' }, summary),
    score >= REVIEW_FIRST && h('p', { class: 'similar-advice' }, 'Nearly the same: rather change that one.'),
  );
