import { FUSION_DEPTH } from '../../src/core/engine/fusion.ts';

const BEGIN = '<!-- limits:begin -->';
const END = '<!-- limits:end -->';

/**
 * The README with its table of the limits that no variable changes.
 *
 * @param {string} readme
 * @param {Readonly<Record<keyof typeof import('../../src/service/contract/limits.ts').CONTRACT_LIMITS, number>>} limits
 */
export function withLimits(readme, limits) {
  const [start, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (start < 0 || end < start) throw new Error('The README has no place for the limits.');
  const lines = rowsOf(limits).map(([what, bounds]) => `| ${what} | ${bounds.join(', ')} |`);
  const table = ['| of | at most |', '|---|---|', ...lines, ''].join('\n');
  return `${readme.slice(0, start)}${BEGIN}\n\n${table}\n${readme.slice(end)}`;
}

const rowsOf = (limits) => [
  ['a query', [characters(limits.queryChars)]],
  [
    'an answer',
    [
      `${limits.searchLimit} results of a search and the best ${FUSION_DEPTH} over its pages`,
      `${count(limits.readLimit)} entries of a category or query`,
      `${limits.idsCount} by id`,
      `${limits.duplicatesLimit} duplicates`,
      `${count(limits.changesLimit)} changes`,
      `previews of ${limits.snippetCharsMin}–${limits.snippetCharsMax} characters`,
    ],
  ],
  ['an experience', [`title ${limits.titleChars}`, `playbook ${characters(limits.playbookChars)}`]],
  [
    'a skill',
    [
      `name ${limits.skillNameChars}`,
      `description ${count(limits.skillDescriptionChars)}`,
      `license, compatibility and model ${limits.skillFieldChars} characters each`,
    ],
  ],
  [
    'any entry',
    [
      `${limits.tagsCount} tags of ${limits.tagChars} characters`,
      `\`ref\` ${limits.refChars}`,
      `author ${limits.authorChars}`,
    ],
  ],
  [
    'a category',
    [
      `code ${limits.categoryCodeChars}`,
      `name ${limits.categoryNameChars}`,
      `description ${characters(limits.categoryDescriptionChars)}`,
    ],
  ],
  [
    '`context`, `metadata`, `allowed_tools`',
    [`${limits.jsonDepth} levels`, `${count(limits.jsonNodes)} values, keys included`],
  ],
  ['an idempotency key', [characters(limits.idempotencyKeyChars)]],
  ['a session', [`id ${characters(limits.sessionChars)}`, `${limits.citedCount} entries cited at once`]],
];

const count = (number) => number.toLocaleString('en-US');
const characters = (number) => `${count(number)} characters`;
