import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EntryText } from '../../src/core/entry.ts';

export interface Document {
  readonly ref: string;
  readonly category: string;
  readonly text: EntryText;
}

/** A query with the one entry that answers it. */
export interface JudgedQuery {
  readonly query: string;
  readonly category: string;
  readonly expectRef: string;
}

export interface QualityData {
  readonly documents: readonly Document[];
  readonly queries: readonly JudgedQuery[];
}

/** `experiences.ndjson` and `queries.ndjson` of a data folder. */
export function loadQualityData(directory: string): QualityData {
  const lines = readLines<{ query: string; category_code: string; expect_ref: string }>(directory, 'queries.ndjson');
  const queries = lines.map((line) => ({ query: line.query, category: line.category_code, expectRef: line.expect_ref }));
  return { documents: loadDocuments(directory, 'experiences.ndjson'), queries };
}

export function loadDocuments(directory: string, file: string): readonly Document[] {
  type Line = { ref: string; category_code: string; data: { title: string; playbook: string } };
  return readLines<Line>(directory, file).map(({ ref, category_code, data }) => ({
    ref,
    category: category_code,
    text: { heading: data.title, body: data.playbook },
  }));
}

function readLines<Line>(directory: string, file: string): readonly Line[] {
  const text = readFileSync(join(directory, file), 'utf8').trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as Line);
}
