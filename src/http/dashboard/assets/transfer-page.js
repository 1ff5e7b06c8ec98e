// @ts-check
import { send } from './api.js';
import { byId, fill, h } from './dom.js';
import { bytes, count, plural } from './format.js';
import { importFile } from './import-file.js';
import { searchHealth } from './requests.js';
import { clearNotice, errorWords, isAbort, mayI, showNotice, startPage } from './shell.js';

const input = byId('import-file', HTMLInputElement);
const drop = byId('import-drop', HTMLElement);
const start = byId('import-start', HTMLButtonElement);
const stop = byId('import-stop', HTMLButtonElement);
const importResult = byId('import-result', HTMLElement);
const exportButton = byId('export-start', HTMLButtonElement);

let running = new AbortController();
let entries = 0;

startPage(async () => {
  await showTotals();
  input.disabled = !mayI('write');
  drop.classList.toggle('locked', !mayI('write'));
  if (!mayI('write'))
    fill(importResult, h('p', { class: 'muted' }, 'Importing needs a key with the role write.'));
  else importResult.replaceChildren();
});

async function showTotals() {
  const { totals } = await searchHealth();
  entries = totals.experiences + totals.skills;
  byId('export-about', HTMLElement).textContent =
    `${plural(totals.experiences, 'experience')} and ${plural(totals.skills, 'skill')}, in the order of creation.`;
}

input.addEventListener('change', showChosen);
drop.addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.classList.add('over');
});
drop.addEventListener('dragleave', () => drop.classList.remove('over'));
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  if (event.dataTransfer === null || input.disabled) return;
  input.files = event.dataTransfer.files;
  showChosen();
});
byId('import-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void runImport();
});
stop.addEventListener('click', () => running.abort());
exportButton.addEventListener('click', () => void runExport());

function showChosen() {
  const file = input.files?.[0];
  start.disabled = file === undefined;
  byId('import-name', HTMLElement).textContent =
    file === undefined ? 'Choose an NDJSON file, or drop it here' : `${file.name} · ${bytes(file.size)}`;
}

async function runImport() {
  const file = input.files?.[0];
  if (file === undefined) return;
  running = new AbortController();
  start.disabled = true;
  stop.hidden = false;
  importResult.replaceChildren();
  byId('import-progress', HTMLElement).hidden = false;
  const bar = byId('import-bar', HTMLProgressElement);
  const value = byId('import-value', HTMLOutputElement);
  const label = byId('import-label', HTMLLabelElement);
  label.textContent = 'Importing';
  bar.value = 0;
  value.textContent = '0 %';
  try {
    const done = await importFile(file, {
      signal: running.signal,
      onProgress: ({ bytes: read, created, updated, unchanged, failed }) => {
        bar.value = Math.min(1, read / Math.max(1, file.size));
        value.textContent = `${count(created + updated + unchanged + failed)} lines`;
      },
    });
    bar.value = 1;
    label.textContent = 'Imported';
    await showTotals();
    fill(
      importResult,
      h(
        'p',
        {},
        `${count(done.created)} created, ${count(done.updated)} updated, ${count(done.unchanged)} unchanged, ${count(done.failed)} refused.`,
      ),
      done.failures.length > 0 &&
        h(
          'ul',
          { class: 'failures' },
          ...done.failures.map(({ line, message }) =>
            h('li', {}, h('span', { class: 'live-seq' }, `line ${line}`), ` ${message}`),
          ),
        ),
    );
  } catch (error) {
    fill(
      importResult,
      isAbort(error)
        ? h('p', {}, 'Stopped. What was imported stays; lines with a ref are found unchanged the next time.')
        : h('div', { class: 'notice' }, ...errorWords(error)),
    );
  } finally {
    start.disabled = false;
    stop.hidden = true;
  }
}

/** A link could not send the key. The lines are collected as a Blob, which a browser keeps on disk when large. */
async function runExport() {
  clearNotice();
  exportButton.disabled = true;
  byId('export-progress', HTMLElement).hidden = false;
  const bar = byId('export-bar', HTMLProgressElement);
  const value = byId('export-value', HTMLOutputElement);
  try {
    const response = await send('/api/v1/entries/export.ndjson');
    let lines = 0;
    const counted = new TransformStream({
      /** @param {Uint8Array} chunk */
      transform(chunk, controller) {
        for (const byte of chunk) if (byte === 10) lines += 1;
        bar.value = Math.min(1, lines / Math.max(1, entries));
        value.textContent = `${count(lines)} entries`;
        controller.enqueue(chunk);
      },
    });
    const blob = await new Response(response.body?.pipeThrough(counted)).blob();
    bar.value = 1;
    offer(blob);
    byId('export-result', HTMLElement).textContent =
      `${plural(lines, 'entry', 'entries')}, ${bytes(blob.size)}.`;
  } catch (error) {
    showNotice(error);
  } finally {
    exportButton.disabled = false;
  }
}

/** @param {Blob} blob */
function offer(blob) {
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: `chl-${new Date().toISOString().slice(0, 10)}.ndjson` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
