// @ts-check
/** @import {IndexStatusResponse} from '../../../service/contract/admin.ts' */
/** @import {HealthResponse} from '../../../service/contract/health.ts' */
import { ApiError } from './api.js';
import { byId, fill, h } from './dom.js';
import { count, plural } from './format.js';
import { followChanges } from './live-feed.js';
import { health, indexStatus, queueStatus, saveIndex, startRebuild } from './requests.js';
import { segmentPicture, segmentTable } from './segment-picture.js';
import { clearNotice, mayI, openKeyDialog, showNotice, startPage, toast } from './shell.js';
import { tilesOf } from './tiles.js';

const REFRESH_MS = 2000;
const REFRESH_BUSY_MS = 150;

const saveButton = byId('save-button', HTMLButtonElement);
const rebuildButton = byId('rebuild-button', HTMLButtonElement);
const progress = byId('rebuild-progress', HTMLElement);

/** Ends the refresh and the feed of the key before. */
let shown = new AbortController();
let rebuildsBefore = -1;
let rebuilding = false;

saveButton.addEventListener('click', () => void asAdmin(saveButton, save));
rebuildButton.addEventListener('click', () => void asAdmin(rebuildButton, rebuild));

startPage(async () => {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  for (const button of [saveButton, rebuildButton]) {
    button.title = mayI('admin') ? '' : 'Needs an admin key';
    button.classList.toggle('locked', !mayI('admin'));
  }
  const status = await refresh();
  void followChanges(status.last_seq, signal);
  void keepFresh(signal);
});

/** @param {AbortSignal} signal */
async function keepFresh(signal) {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, rebuilding ? REFRESH_BUSY_MS : REFRESH_MS));
    if (signal.aborted || document.hidden) continue;
    try {
      await refresh();
      clearNotice();
    } catch (error) {
      showNotice(error);
    }
  }
}

async function refresh() {
  const [status, queue, report] = await Promise.all([indexStatus(), queueStatus(), health()]);
  showState(status);
  showComponents(report);
  showSegments(status);
  fill(byId('tiles', HTMLElement), ...tilesOf(status, queue));
  showRebuild(status);
  return status;
}

/** @param {IndexStatusResponse} status */
function showState({ status, reason, index_size, model_name }) {
  const state = byId('index-state', HTMLElement);
  const text =
    status === 'available'
      ? `${plural(index_size, 'vector')} of ${model_name}`
      : (reason ?? 'The index is not available; search goes on by text.');
  if (state.textContent !== text) state.textContent = text;
}

/** @param {HealthResponse} health */
function showComponents({ components }) {
  fill(
    byId('components', HTMLElement),
    ...[
      /** @type {const} */ (['Database', components.database]),
      /** @type {const} */ (['Vector index', components.faiss_index]),
      /** @type {const} */ (['Embedding', components.embedding_model]),
    ].map(([name, { status, detail }]) =>
      h(
        'li',
        { class: `component ${status}` },
        h('span', { class: 'dot', 'aria-hidden': 'true' }),
        h('span', { class: 'component-name' }, name),
        h('span', { class: 'component-status' }, status),
        h('span', { class: 'component-detail' }, detail),
      ),
    ),
  );
}

/** @type {string} */
let drawn = '';

/** Drawn anew only when it differs, so that an open table stays open. @param {IndexStatusResponse} status */
function showSegments(status) {
  const { segments, growing } = status;
  const picture = JSON.stringify([segments, growing]);
  if (picture === drawn) return;
  drawn = picture;
  const parent = byId('segments', HTMLElement);
  const wasOpen = parent.querySelector('details')?.open ?? false;
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  byId('segments-about', HTMLElement).textContent =
    `${plural(segments.length, 'sealed segment')} with ${plural(rows, 'row')}; growing ${count(growing.rows)} of ${count(growing.max_rows)}`;
  fill(parent, segmentPicture(status), segmentTable(status));
  const table = parent.querySelector('details');
  if (table !== null) table.open = wasOpen;
}

/** @param {IndexStatusResponse} status */
function showRebuild({ rebuild: { running, progress: done }, counters }) {
  if (!rebuilding && !running) return;
  const finished = !running && (rebuildsBefore < 0 || counters.rebuilds > rebuildsBefore);
  const share = finished ? 1 : done;
  progress.hidden = false;
  byId('rebuild-bar', HTMLProgressElement).value = share;
  byId('rebuild-value', HTMLOutputElement).textContent = `${Math.round(share * 100)} %`;
  byId('rebuild-label', HTMLElement).textContent = finished ? 'Rebuilt' : 'Rebuilding';
  rebuildButton.disabled = !finished;
  if (rebuilding && finished) toast('The index is rebuilt.');
  rebuilding = !finished;
}

/**
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} action
 */
async function asAdmin(button, action) {
  if (!mayI('admin')) {
    showNotice(new ApiError(403, 'FORBIDDEN', 'This needs a key with the role admin.', null));
    openKeyDialog();
    return;
  }
  button.disabled = true;
  try {
    await action();
  } catch (error) {
    showNotice(error);
  } finally {
    button.disabled = rebuilding && button === rebuildButton;
  }
}

async function save() {
  const { message } = await saveIndex();
  toast(message);
  await refresh();
}

async function rebuild() {
  const before = await indexStatus();
  await startRebuild();
  rebuildsBefore = before.counters.rebuilds;
  rebuilding = true;
  await refresh();
  shown.abort();
  shown = new AbortController();
  void followChanges(before.last_seq, shown.signal);
  void keepFresh(shown.signal);
}
