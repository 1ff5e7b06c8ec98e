import { Layout } from '../layout.tsx';

/** `/ui/entries/{id}`: one entry, and its history. */
export const EntryPage = ({ version }: { readonly version: string }) => (
  <Layout title="Entry" version={version} script="entry-page.js">
    <div id="entry" class="entry-page"></div>
  </Layout>
);
