import { Layout, type PageProps } from '../layout.tsx';

/** `/ui/entries/{id}`: one entry, and its history. */
export const EntryPage = ({ version, base }: PageProps) => (
  <Layout title="Entry" version={version} base={base} script="entry-page.js">
    <div id="entry" class="entry-page"></div>
  </Layout>
);
