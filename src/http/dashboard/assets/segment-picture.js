// @ts-check
/** @import {IndexStatusResponse} from '../../../service/contract/admin.ts' */
import { h, s } from './dom.js';
import { bytes, count, percent, plural } from './format.js';

const WIDTH = 1000;
const HEIGHT = 72;
const GAP = 4;
/** A segment of one vector is still to be seen. */
const WIDTH_MIN = 14;

/**
 * The index as it lies: a block a segment, as wide as it has rows, its tombstones hatched; last the
 * growing one, filled as far as it is on its way to be sealed.
 *
 * @param {IndexStatusResponse} status
 */
export function segmentPicture({ segments, growing }) {
  const rows = [...segments.map((segment) => segment.rows), growing.max_rows];
  const widths = blockWidths(rows);
  let x = 0;
  const blocks = segments.map((segment, index) => {
    const width = widths[index] ?? 0;
    const block = sealedBlock(segment, x, width);
    x += width + GAP;
    return block;
  });
  return h(
    'figure',
    { class: 'segments' },
    s(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        class: 'segments-drawing',
        role: 'img',
        'aria-label': inWords(segments, growing),
        preserveAspectRatio: 'none',
      },
      hatching(),
      ...blocks,
      growingBlock(growing, x, widths.at(-1) ?? 0),
    ),
    h(
      'figcaption',
      { class: 'legend' },
      h('span', { class: 'legend-item sealed' }, 'sealed'),
      h('span', { class: 'legend-item dead' }, 'tombstones'),
      h('span', { class: 'legend-item growing' }, 'growing'),
      h('span', { class: 'legend-item room' }, 'room to grow'),
    ),
  );
}

/** @param {readonly number[]} rows */
function blockWidths(rows) {
  const room = WIDTH - GAP * (rows.length - 1) - WIDTH_MIN * rows.length;
  const total = rows.reduce((sum, value) => sum + value, 0);
  return rows.map((value) => WIDTH_MIN + Math.max(0, room) * (total === 0 ? 0 : value / total));
}

const hatching = () =>
  s(
    'defs',
    {},
    s(
      'pattern',
      { id: 'hatch', width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      s('rect', { class: 'hatch-ground', width: 7, height: 7 }),
      s('rect', { class: 'hatch-line', width: 2.5, height: 7 }),
    ),
  );

/**
 * @param {IndexStatusResponse['segments'][number]} segment
 * @param {number} x
 * @param {number} width
 */
function sealedBlock(segment, x, width) {
  const dead = segment.rows === 0 ? 0 : (segment.tombstones / segment.rows) * width;
  return s(
    'g',
    {},
    s(
      'title',
      {},
      `Segment ${segment.id}: ${segment.kind}, ${plural(segment.rows, 'row')}, ${plural(segment.tombstones, 'tombstone')}, ${bytes(segment.bytes)}`,
    ),
    s('rect', { class: 'block-sealed', x, width, height: HEIGHT, rx: 4 }),
    dead > 0 && s('rect', { x: x + width - dead, width: dead, height: HEIGHT, fill: 'url(#hatch)' }),
  );
}

/**
 * @param {IndexStatusResponse['growing']} growing
 * @param {number} x
 * @param {number} width
 */
function growingBlock({ rows, tombstones, max_rows }, x, width) {
  const filled = max_rows === 0 ? 0 : Math.min(1, rows / max_rows) * width;
  const dead = rows === 0 ? 0 : (tombstones / rows) * filled;
  return s(
    'g',
    {},
    s('title', {}, `Growing: ${count(rows)} of ${count(max_rows)} rows, ${plural(tombstones, 'tombstone')}`),
    s('rect', { class: 'block-room', x, width, height: HEIGHT, rx: 4 }),
    filled > 0 && s('rect', { class: 'block-growing', x, width: filled, height: HEIGHT, rx: 4 }),
    dead > 0 && s('rect', { x: x + filled - dead, width: dead, height: HEIGHT, fill: 'url(#hatch)' }),
  );
}

/**
 * @param {IndexStatusResponse['segments']} segments
 * @param {IndexStatusResponse['growing']} growing
 */
const inWords = (segments, growing) =>
  `${plural(segments.length, 'sealed segment')}; the growing segment holds ${count(growing.rows)} of ${count(growing.max_rows)} rows.`;

/**
 * The same as a table, for those who want numbers.
 *
 * @param {IndexStatusResponse} status
 */
export const segmentTable = ({ segments, growing }) =>
  h(
    'details',
    { class: 'segment-table' },
    h('summary', {}, 'As a table'),
    h(
      'div',
      { class: 'table-scroll', tabindex: 0, role: 'region', 'aria-label': 'Segments as a table' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...['Segment', 'Kind', 'Rows', 'Tombstones', 'Size'].map((title) =>
              h('th', { scope: 'col' }, title),
            ),
          ),
        ),
        h(
          'tbody',
          {},
          ...segments.map((segment) =>
            tableRow(
              String(segment.id),
              segment.kind,
              segment.rows,
              segment.tombstones,
              bytes(segment.bytes),
            ),
          ),
          tableRow('growing', 'exact', growing.rows, growing.tombstones, '–'),
        ),
      ),
    ),
  );

/**
 * @param {string} name
 * @param {string} kind
 * @param {number} rows
 * @param {number} tombstones
 * @param {string} size
 */
const tableRow = (name, kind, rows, tombstones, size) =>
  h(
    'tr',
    {},
    h('th', { scope: 'row' }, name),
    h('td', {}, kind),
    h('td', {}, count(rows)),
    h('td', {}, `${count(tombstones)} (${percent(rows === 0 ? 0 : tombstones / rows)})`),
    h('td', {}, size),
  );
