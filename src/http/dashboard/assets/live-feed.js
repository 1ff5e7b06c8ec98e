// @ts-check
/** @import {ChangeView} from '../../../service/contract/changes.ts' */
import { entryPath, when } from './badges.js';
import { byId, fill, h, s } from './dom.js';
import { plural } from './format.js';
import { readEvents } from './event-stream.js';
import { isAbort } from './shell.js';

const SHOWN = 30;
const CATCH_UP = 12;
const SECONDS = 60;
const RECONNECT_MS = 3000;
const WORDS = { create: 'created', update: 'changed', delete: 'deleted', embed: 'embedded' };

/** @type {Map<number, number>} when each change happened, by its seq, in ms since the page was opened */
const arrivals = new Map();

/**
 * Follows the feed for as long as the page is open, from a little before now.
 *
 * @param {number} lastSeq
 * @param {AbortSignal} signal
 */
export async function followChanges(lastSeq, signal) {
  const list = byId('live', HTMLElement);
  const state = byId('live-state', HTMLElement);
  list.replaceChildren();
  let since = Math.max(0, lastSeq - CATCH_UP);
  const ticks = setInterval(drawArrivals, 1000);
  signal.addEventListener('abort', () => clearInterval(ticks));
  drawArrivals();

  while (!signal.aborted) {
    try {
      await readEvents(`/api/v1/changes?since=${since}`, {
        signal,
        onOpen: () => (state.textContent = 'connected'),
        onEvent: (name, data) => {
          if (name !== 'change') return;
          const change = /** @type {ChangeView} */ (data);
          since = change.seq;
          // What came before the page was opened has its age, by clocks that may differ.
          const age = change.seq > lastSeq ? 0 : Math.max(0, Date.now() - Date.parse(change.at));
          arrivals.set(change.seq, performance.now() - age);
          if (change.seq <= lastSeq) drawArrivals();
          list.prepend(changeItem(change));
          while (list.childElementCount > SHOWN) list.lastElementChild?.remove();
        },
      });
      state.textContent = 'the stream has ended; connecting again';
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      state.textContent = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

/** @param {ChangeView} change */
const changeItem = ({ seq, op, entry_id, category_code, version, at }) =>
  h(
    'li',
    { class: `live-item ${op}` },
    h('span', { class: 'live-seq' }, String(seq)),
    h('span', { class: `live-op ${op}` }, WORDS[op]),
    h('a', { class: 'live-id', href: entryPath(entry_id) }, entry_id),
    h('span', { class: 'muted live-more' }, `${category_code} · version ${version}`),
    when(at),
  );

/** Changes a second over the last minute. */
function drawArrivals() {
  const now = performance.now();
  for (const [seq, at] of arrivals) if (now - at >= SECONDS * 1000) arrivals.delete(seq);
  const perSecond = /** @type {number[]} */ (Array.from({ length: SECONDS }).fill(0));
  for (const at of arrivals.values()) {
    const second = SECONDS - 1 - Math.floor((now - at) / 1000);
    perSecond[second] = (perSecond[second] ?? 0) + 1;
  }
  const top = Math.max(4, ...perSecond);
  fill(
    byId('live-chart', HTMLElement),
    s(
      'svg',
      {
        class: 'live-chart',
        viewBox: `0 0 ${SECONDS * 10} 40`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `${plural(arrivals.size, 'change')} in the last minute`,
      },
      ...perSecond.map((value, second) => {
        const height = value === 0 ? 1.5 : Math.max(3, (value / top) * 40);
        return s('rect', {
          class: value === 0 ? 'tick' : 'tick live-tick',
          x: second * 10 + 1,
          y: 40 - height,
          width: 8,
          height,
        });
      }),
    ),
  );
}
