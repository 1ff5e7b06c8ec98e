// @ts-check
/** @import {SearchResult} from '../../../service/contract/search.ts' */
import { h, s } from './dom.js';

const REASONS = {
  hybrid_match: 'meaning + words',
  semantic_match: 'meaning',
  text_match: 'words',
  id_lookup: 'id',
};

/**
 * Why a result stands where it does: the score it is ranked by, and the two it was fused from.
 *
 * @param {SearchResult} result
 */
export const scorePanel = ({ score, scores, reason, provider, rank }) =>
  h(
    'div',
    { class: 'score', title: `Rank ${rank + 1}, found by ${REASONS[reason]} with ${provider}` },
    h(
      'div',
      { class: 'score-fused' },
      h('span', { class: 'score-value' }, score.toFixed(2)),
      h('span', { class: 'score-reason' }, REASONS[reason]),
    ),
    bar('meaning', 'vector', scores.vector),
    bar('words', 'text', scores.text),
  );

/**
 * @param {string} label
 * @param {'vector' | 'text'} kind
 * @param {number | null} value a cosine or a share of the best text score; null where it was no candidate
 */
function bar(label, kind, value) {
  const share = Math.max(0, Math.min(1, value ?? 0));
  return h(
    'div',
    { class: 'score-bar' },
    h('span', { class: 'score-label' }, label),
    s(
      'svg',
      { viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true', class: 'bar' },
      s('rect', { class: 'bar-track', width: 100, height: 6, rx: 3 }),
      share > 0 &&
        s('rect', { class: `bar-fill ${kind}`, width: Math.max(3, share * 100), height: 6, rx: 3 }),
    ),
    h('span', { class: 'score-number' }, value === null ? '–' : value.toFixed(2)),
  );
}
