import { loadDocuments, type Document, type JudgedQuery, type QualityData } from './data.ts';
import { seededRandom } from '../../tests/support/random-vectors.ts';

const SEED = 42;
/** Entries with fewer sentences would be left with too little to be found by. */
const SENTENCES_MIN = 3;
const TAKEN_SHARE = 0.65;

/**
 * Pseudo-queries on which parameters may be chosen, none of which is a judged query. Two kinds:
 * descriptions that `notes-20000.ndjson` has of a page and the page's entry lacks, and descriptions
 * taken out of entries that answer no judged query (seeded).
 */
export function holdoutSets(
  directory: string,
  judged: QualityData,
): readonly (QualityData & { readonly name: string })[] {
  return [
    { name: 'notes', documents: judged.documents, queries: queriesFromNotes(directory, judged) },
    { name: 'taken out', ...withSentencesTakenOut(judged) },
  ];
}

function queriesFromNotes(directory: string, judged: QualityData): readonly JudgedQuery[] {
  const pages = new Map<string, Document | null>();
  for (const document of judged.documents) {
    const page = document.ref.slice(document.ref.indexOf('/') + 1);
    // The same page on two platforms: nobody could say which one is meant.
    pages.set(page, pages.has(page) ? null : document);
  }
  const known = new Set(judged.queries.map(({ query }) => query.toLowerCase()));
  return loadDocuments(directory, 'notes-20000.ndjson').flatMap(({ text }) => {
    const [page = '', query = ''] = text.heading.split(/: (.*)/s);
    const document = pages.get(page.toLowerCase());
    if (document === null || document === undefined || known.has(query.toLowerCase())) return [];
    if (document.text.body.toLowerCase().includes(query.toLowerCase())) return [];
    return [{ query, category: document.category, expectRef: document.ref }];
  });
}

function withSentencesTakenOut(judged: QualityData): QualityData {
  const random = seededRandom(SEED);
  const answers = new Set(judged.queries.map(({ expectRef }) => expectRef));
  const queries: JudgedQuery[] = [];
  const documents = judged.documents.map((document) => {
    if (answers.has(document.ref) || random() > TAKEN_SHARE) return document;
    const sentences = document.text.body.split(/(?<=`\.) /);
    const taken = Math.floor(random() * sentences.length);
    const query = /^(.*?): `/.exec(sentences[taken] ?? '')?.[1];
    if (sentences.length < SENTENCES_MIN || query === undefined) return document;
    queries.push({ query, category: document.category, expectRef: document.ref });
    return { ...document, text: { ...document.text, body: sentences.toSpliced(taken, 1).join(' ') } };
  });
  return { documents, queries };
}
