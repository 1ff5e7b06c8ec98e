// @ts-check

const number = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const exactTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** @param {number} value */
export const count = (value) => number.format(value);
/** @param {number} value */
export const shortCount = (value) => compact.format(value);
/** @param {number} ratio */
export const percent = (ratio) => `${(ratio * 100).toFixed(ratio > 0 && ratio < 0.1 ? 1 : 0)} %`;

/**
 * @param {number} howMany
 * @param {string} one
 * @param {string} [many]
 */
export const plural = (howMany, one, many = `${one}s`) => `${count(howMany)} ${howMany === 1 ? one : many}`;

/** @param {number} size */
export function bytes(size) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

/** @param {number} ms */
export const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** @type {readonly [Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** @param {string} iso */
export function ago(iso) {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return Math.abs(seconds) < 10 ? 'just now' : relative.format(Math.round(seconds), 'second');
}

/** @param {string} iso */
export const exact = (iso) => exactTime.format(new Date(iso));

/** Spelled, not said. */
const ACRONYMS = /\b(?:api|chl|e2e|html|llm|php|sre)\b/g;

/** `api_design` → `API design` @param {string} name */
export const categoryName = (name) =>
  name
    .replaceAll('_', ' ')
    .replace(ACRONYMS, (word) => word.toUpperCase())
    .replace(/^./, (first) => first.toUpperCase());
