// @ts-check
/** @import {IndexStatusResponse, QueueStatusResponse} from '../../../service/contract/admin.ts' */
import { when } from './badges.js';
import { h, s } from './dom.js';
import { bytes, count, duration, percent, plural } from './format.js';

/**
 * @param {IndexStatusResponse} status
 * @param {QueueStatusResponse} queue
 */
export const tilesOf = (status, queue) => [
  vectorsTile(status),
  tombstonesTile(status),
  snapshotTile(status),
  queueTile(queue),
  lockTile(status),
  workTile(status),
];

/** @param {IndexStatusResponse} status */
const vectorsTile = ({ index_size, documents, dimension, backend, memory_bytes }) =>
  tile('Vectors', count(index_size), [
    `${plural(documents, 'document')}, ${dimension} dimensions`,
    `${backend ?? 'no backend'} · ${bytes(memory_bytes)} in memory`,
  ]);

/** Against the threshold at which a rebuild starts by itself. @param {IndexStatusResponse} status */
function tombstonesTile({ tombstone_ratio, tombstones, rebuild_threshold, needs_rebuild }) {
  const scale = Math.max(rebuild_threshold * 1.5, tombstone_ratio, 0.01);
  return tile(
    'Tombstones',
    percent(tombstone_ratio),
    [`${plural(tombstones, 'deleted vector')}; a rebuild starts above ${percent(rebuild_threshold)}`],
    gauge(tombstone_ratio / scale, rebuild_threshold / scale, needs_rebuild ? 'bad' : 'good'),
  );
}

/** What a restart finds on disk, and what it would replay. @param {IndexStatusResponse} status */
const snapshotTile = ({ snapshot, unsaved_changes, last_seq, save_policy }) =>
  tile(
    'Snapshot',
    snapshot === null ? 'none' : when(snapshot.saved_at),
    [
      snapshot === null
        ? 'Nothing is on disk yet; the database has it all.'
        : `Generation ${count(snapshot.generation)}, ${bytes(snapshot.bytes)}, to seq ${count(snapshot.seq)}`,
      `${plural(unsaved_changes, 'unsaved change')} · policy ${save_policy}`,
    ],
    proportions([
      ['bar-fill good', last_seq - unsaved_changes],
      ['bar-fill waiting', unsaved_changes],
    ]),
  );

/** @param {QueueStatusResponse} queue */
const queueTile = ({ pending, failed, embedded, commit }) =>
  tile(
    'Queue',
    count(pending + commit.waiting),
    [
      `${count(pending)} to embed, ${count(failed)} failed, ${count(embedded)} done`,
      `${count(commit.waiting)} to commit; ${commit.groups === 0 ? 'no group yet' : `${(commit.operations / commit.groups).toFixed(1)} writes a group`}`,
    ],
    proportions([
      ['bar-fill vector', embedded],
      ['bar-fill waiting', pending],
      ['bar-fill bad', failed],
    ]),
  );

/** @param {IndexStatusResponse} status */
const lockTile = ({ locks }) => {
  const all = Object.values(locks);
  const worst = all.reduce((a, b) => (b.longest_wait_ms > a.longest_wait_ms ? b : a));
  return tile(
    'Lock waits',
    count(all.reduce((sum, { waits }) => sum + waits, 0)),
    [
      `The longest took ${duration(worst.longest_wait_ms)}`,
      worst.longest_wait_holder === null
        ? 'Nobody was waited for'
        : `while ${worst.longest_wait_holder} held it`,
    ],
    waitHistogram(all.map(({ wait_ms }) => wait_ms)),
  );
};

/** @param {IndexStatusResponse} status */
const workTile = ({ counters, last_seq, recovery }) =>
  tile('Work', `seq ${count(last_seq)}`, [
    `${plural(counters.searches, 'search', 'searches')}, ${plural(counters.saves, 'save')}, ${plural(counters.rebuilds, 'rebuild')}, ${plural(counters.merges, 'merge')}`,
    counters.failed_saves > 0
      ? `${plural(counters.failed_saves, 'save')} failed`
      : recovery === null
        ? 'No recovery'
        : `Started from ${recovery.source} in ${duration(recovery.duration_ms)}`,
  ]);

/**
 * @param {string} title
 * @param {import('./dom.js').Child} value
 * @param {readonly string[]} lines
 * @param {Element} [drawing]
 */
const tile = (title, value, lines, drawing) =>
  h(
    'section',
    { class: 'tile' },
    h('h2', { class: 'tile-title' }, title),
    h('p', { class: 'tile-value' }, value),
    drawing,
    ...lines.map((line) => h('p', { class: 'tile-line' }, line)),
  );

/**
 * @param {number} share
 * @param {number} mark
 * @param {'good' | 'bad'} mood
 */
const gauge = (share, mark, mood) =>
  s(
    'svg',
    { viewBox: '0 0 100 8', preserveAspectRatio: 'none', class: 'bar gauge', 'aria-hidden': 'true' },
    s('rect', { class: 'bar-track', y: 1, width: 100, height: 6 }),
    s('rect', { class: `bar-fill ${mood}`, y: 1, width: Math.min(1, share) * 100, height: 6 }),
    s('rect', { class: 'gauge-mark', x: mark * 100 - 0.4, width: 0.8, height: 8 }),
  );

/** @param {readonly (readonly [string, number])[]} parts */
function proportions(parts) {
  const total = parts.reduce((sum, [, value]) => sum + value, 0);
  let x = 0;
  const rects = parts.map(([name, value]) => {
    const width = total === 0 ? 0 : (value / total) * 100;
    const rect = s('rect', { class: name, x, y: 1, width, height: 6 });
    x += width;
    return rect;
  });
  return s(
    'svg',
    { viewBox: '0 0 100 8', preserveAspectRatio: 'none', class: 'bar gauge', 'aria-hidden': 'true' },
    s('rect', { class: 'bar-track', y: 1, width: 100, height: 6 }),
    ...rects,
  );
}

const HISTOGRAM_HEIGHT = 24;
/** Such a wait is logged with its holder, and fires an alert. */
const LONG_WAIT_MS = 1000;

/**
 * How long locks were waited for: a bar for each bound, on a logarithmic scale, so that one long wait
 * is seen beside a million short ones.
 *
 * @param {readonly IndexStatusResponse['locks']['writer']['wait_ms'][]} histograms of the same bounds
 */
function waitHistogram(histograms) {
  const bounds = histograms[0]?.bounds ?? [];
  const counts = [...bounds, Infinity].map((_, bucket) =>
    histograms.reduce((sum, histogram) => sum + (histogram.counts[bucket] ?? 0), 0),
  );
  const top = Math.log1p(Math.max(1, ...counts));
  const width = 100 / counts.length;
  const words = counts.flatMap((value, bucket) =>
    value === 0 ? [] : [`${count(value)} ${rangeOf(bounds, bucket)}`],
  );
  return s(
    'svg',
    {
      viewBox: `0 0 100 ${HISTOGRAM_HEIGHT}`,
      preserveAspectRatio: 'none',
      class: 'histogram',
      role: 'img',
      'aria-label': `Times to get a lock: ${words.length === 0 ? 'none yet' : words.join(', ')}`,
    },
    ...counts.map((value, bucket) => {
      const height = value === 0 ? 1 : Math.max(3, (Math.log1p(value) / top) * HISTOGRAM_HEIGHT);
      const isLong = (bounds[bucket - 1] ?? 0) >= LONG_WAIT_MS;
      return s('rect', {
        class: value === 0 ? 'tick' : `bar-fill ${isLong ? 'bad' : 'vector'}`,
        x: bucket * width + 0.5,
        y: HISTOGRAM_HEIGHT - height,
        width: width - 1,
        height,
      });
    }),
  );
}

/**
 * @param {readonly number[]} bounds
 * @param {number} bucket
 */
const rangeOf = (bounds, bucket) => {
  const bound = bounds[bucket];
  return bound === undefined ? `over ${duration(bounds.at(-1) ?? 0)}` : `within ${duration(bound)}`;
};
