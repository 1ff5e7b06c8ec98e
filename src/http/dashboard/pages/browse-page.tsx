import { EntryDrawer } from '../entry-drawer.tsx';
import { Layout, type PageProps } from '../layout.tsx';

/** `/ui/browse`: every category with its counts; with `?category=` the entries of one. */
export const BrowsePage = ({ version, base }: PageProps) => (
  <Layout title="Browse" version={version} base={base} path="/ui/browse" script="browse-page.js">
    <div class="page-head">
      <div>
        <p id="browse-back" class="crumb" hidden>
          <a href={`${base}/ui/browse`}>Categories</a>
        </p>
        <h1 id="browse-title">Categories</h1>
        <p id="browse-about" class="muted" role="status" aria-live="polite"></p>
      </div>
      <label class="inline-field narrow">
        <span class="visually-hidden">Filter what is shown</span>
        <input id="browse-filter" type="search" placeholder="Filter" autocomplete="off" spellcheck={false} />
      </label>
    </div>
    <div id="browse-list"></div>
    <EntryDrawer base={base} />
  </Layout>
);
