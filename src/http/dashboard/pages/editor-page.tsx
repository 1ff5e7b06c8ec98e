import { Layout, type PageProps } from '../layout.tsx';
import { Segmented } from '../segmented.tsx';

const TYPES = [
  { value: 'experience', label: 'Experience', title: 'One thing learned: do it, avoid it, or it depends' },
  { value: 'skill', label: 'Skill', title: 'A procedure to follow from start to end' },
];

/** `/ui/new` and `/ui/entries/{id}/edit`. */
export const EditorPage = ({ version, base }: PageProps) => (
  <Layout title="Editor" version={version} base={base} script="editor-page.js">
    <div class="page-head">
      <div>
        <p id="editor-crumb" class="crumb"></p>
        <h1 id="editor-title">New entry</h1>
      </div>
    </div>
    <div class="editor">
      <form id="editor" class="panel editor-form" novalidate>
        <div id="editor-type">
          <Segmented legend="Type of entry" name="entity_type" options={TYPES} />
        </div>
        <div id="editor-fields" class="editor-fields"></div>
        <div id="editor-error" class="notice" role="alert" hidden></div>
        <div class="editor-actions">
          <button type="submit" id="editor-save" class="button primary">
            Save
          </button>
          <a id="editor-cancel" class="button" href={`${base}/`}>
            Cancel
          </a>
          <span class="keys muted">
            <kbd>Ctrl</kbd> <kbd>Enter</kbd> saves
          </span>
        </div>
      </form>
      <aside class="panel similar" aria-labelledby="similar-title">
        <h2 id="similar-title">Similar entries</h2>
        <div id="similar" role="status" aria-live="polite">
          <p class="muted">What says nearly the same appears here while you write.</p>
        </div>
      </aside>
    </div>
  </Layout>
);
