// @ts-check
import { h } from './dom.js';

/** Shorter words match everywhere and show nothing. */
const WORD_CHARS_MIN = 3;

/**
 * A text with the words of a query marked. Word beginnings count: the index stems, so does this, roughly.
 *
 * @param {string} text
 * @param {string} query
 * @returns {(string | HTMLElement)[]}
 */
export function highlighted(text, query) {
  const words = (query.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => word.length >= WORD_CHARS_MIN);
  if (words.length === 0) return [text];
  // Letters and digits only: nothing in them means anything to a pattern.
  const stems = words.map((word) => (word.length > 5 ? word.slice(0, -2) : word));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${stems.join('|')})[\\p{L}\\p{N}]*`, 'giu');
  /** @type {(string | HTMLElement)[]} */
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(end, match.index), h('mark', {}, match[0]));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}
