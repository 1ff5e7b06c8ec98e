import { EntryDrawer } from '../entry-drawer.tsx';
import { Icon } from '../icons.tsx';
import { Layout, type PageProps } from '../layout.tsx';
import { Segmented } from '../segmented.tsx';

const TYPES = [
  { value: '', label: 'All' },
  { value: 'experience', label: 'Experiences' },
  { value: 'skill', label: 'Skills' },
];

const MODES = [
  { value: 'hybrid', label: 'Hybrid', title: 'By meaning and by words' },
  { value: 'vector', label: 'Meaning', title: 'By vectors alone' },
  { value: 'text', label: 'Words', title: 'By words alone' },
];

/** `/`: search as you type. */
export const SearchPage = ({ version, base }: PageProps) => (
  <Layout title="Search" version={version} base={base} path="/" script="search-page.js">
    <h1 class="visually-hidden">Search</h1>
    <form id="search-form" class="search" role="search">
      <div class="search-box">
        <Icon name="search" />
        <input
          id="query"
          type="search"
          name="q"
          placeholder="What do you want to know?"
          aria-label="Search"
          aria-describedby="search-help"
          autocomplete="off"
          spellcheck={false}
          maxlength={4000}
        />
        <kbd class="search-key" aria-hidden="true">
          /
        </kbd>
      </div>
      <div class="filters">
        <Segmented legend="Type" name="type" options={TYPES} />
        <Segmented legend="Search by" name="mode" options={MODES} />
        <label class="inline-field">
          <span class="visually-hidden">Category</span>
          <select id="category" name="category">
            <option value="">Any category</option>
          </select>
        </label>
        <label class="inline-field">
          <span class="visually-hidden">Section</span>
          <select id="section" name="section">
            <option value="">Any section</option>
            <option value="useful">Useful</option>
            <option value="harmful">Harmful</option>
            <option value="contextual">Contextual</option>
          </select>
        </label>
        <label class="inline-field tags-field">
          <span class="visually-hidden">Tags, separated by commas</span>
          <input id="tags" name="tags" type="text" placeholder="Tags" autocomplete="off" spellcheck={false} />
        </label>
        <button type="button" id="clear-filters" class="button quiet" hidden>
          Clear filters
        </button>
      </div>
    </form>
    <div class="results-head">
      <h2 id="results-title">Recent changes</h2>
      <p id="results-meta" class="muted" role="status" aria-live="polite"></p>
    </div>
    <div id="results-warning" class="notice warning" hidden></div>
    <ol id="results" class="results" aria-labelledby="results-title"></ol>
    <button type="button" id="more" class="button more" hidden>
      Show more
    </button>
    <p id="search-help" class="keys muted">
      <kbd>/</kbd> search <kbd>↑</kbd>
      <kbd>↓</kbd> move <kbd>Enter</kbd> open <kbd>Esc</kbd> close
    </p>
    <EntryDrawer base={base} />
  </Layout>
);
