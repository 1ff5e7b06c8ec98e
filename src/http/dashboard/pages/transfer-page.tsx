import { Icon } from '../icons.tsx';
import { Layout, type PageProps } from '../layout.tsx';

/** `/ui/transfer`: import and export as NDJSON. */
export const TransferPage = ({ version, base }: PageProps) => (
  <Layout title="Transfer" version={version} base={base} path="/ui/transfer" script="transfer-page.js">
    <div class="page-head">
      <div>
        <h1>Import and export</h1>
        <p class="muted">
          One entry a line, as JSON. What an export writes, an import takes back; a known <code>ref</code> is
          updated instead of stored twice.
        </p>
      </div>
    </div>
    <div class="transfer">
      <section class="panel" aria-labelledby="import-title">
        <h2 id="import-title">Import</h2>
        <form id="import-form">
          <label id="import-drop" class="drop" for="import-file">
            <Icon name="upload" />
            <span id="import-name">Choose an NDJSON file, or drop it here</span>
            <input id="import-file" type="file" accept=".ndjson,.jsonl,application/x-ndjson" />
          </label>
          <div class="actions">
            <button type="submit" id="import-start" class="button primary" disabled>
              Import
            </button>
            <button type="button" id="import-stop" class="button" hidden>
              Stop
            </button>
          </div>
        </form>
        <div id="import-progress" class="progress-row" hidden>
          <label for="import-bar" id="import-label">
            Importing
          </label>
          <progress id="import-bar" max={1} value={0}></progress>
          <output id="import-value" for="import-bar"></output>
        </div>
        <div id="import-result" role="status" aria-live="polite"></div>
      </section>
      <section class="panel" aria-labelledby="export-title">
        <h2 id="export-title">Export</h2>
        <p id="export-about" class="muted">
          Every entry, in the order of creation.
        </p>
        <div class="actions">
          <button type="button" id="export-start" class="button">
            <Icon name="download" />
            <span>Export all entries</span>
          </button>
        </div>
        <div id="export-progress" class="progress-row" hidden>
          <label for="export-bar">Exporting</label>
          <progress id="export-bar" max={1} value={0}></progress>
          <output id="export-value" for="export-bar"></output>
        </div>
        <p id="export-result" role="status" aria-live="polite"></p>
      </section>
    </div>
  </Layout>
);
