import { Icon } from '../icons.tsx';
import { Layout, type PageProps } from '../layout.tsx';

/** `/ui/index`: how the index is, drawn. */
export const IndexPage = ({ version, base }: PageProps) => (
  <Layout title="Index" version={version} base={base} path="/ui/index" script="index-page.js">
    <div class="page-head">
      <div>
        <h1>Index</h1>
        <p id="index-state" class="muted" role="status" aria-live="polite"></p>
      </div>
      <div class="actions">
        <button type="button" id="save-button" class="button" data-role-needed="admin">
          <Icon name="save" />
          <span>Save snapshot</span>
        </button>
        <button type="button" id="rebuild-button" class="button" data-role-needed="admin">
          <Icon name="rebuild" />
          <span>Rebuild</span>
        </button>
      </div>
    </div>
    <div id="rebuild-progress" class="progress-row" hidden>
      <label for="rebuild-bar" id="rebuild-label">
        Rebuilding
      </label>
      <progress id="rebuild-bar" max={1} value={0}></progress>
      <output id="rebuild-value" for="rebuild-bar"></output>
    </div>
    <ul id="components" class="components" aria-label="Parts of the service"></ul>
    <section class="panel" aria-labelledby="segments-title">
      <div class="panel-head">
        <h2 id="segments-title">Segments</h2>
        <p id="segments-about" class="muted"></p>
      </div>
      <div id="segments"></div>
    </section>
    <div id="tiles" class="tiles"></div>
    <section class="panel" aria-labelledby="live-title">
      <div class="panel-head">
        <h2 id="live-title">Live changes</h2>
        <p id="live-state" class="muted" role="status"></p>
      </div>
      <div id="live-chart"></div>
      <ol id="live" class="live" aria-label="Latest changes" tabindex={0}></ol>
    </section>
  </Layout>
);
