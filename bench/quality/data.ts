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

interface EntryLine {
  readonly ref: string;
  readonly category_code: string;
  readonly data: { readonly title: string; readonly playbook: string };
}

interface QueryLine {
  readonly query: string;
  readonly category_code: string;
  readonly expect_ref: string;
}

/** `experiences.ndjson` and `queries.ndjson` of a data folder. */
export function loadQualityData(directory: string): QualityData {
  const lines = readLines(directory, 'queries.ndjson') as readonly QueryLine[];
  const queries = lines.map((line) => ({
    query: line.query,
    category: line.category_code,
    expectRef: line.expect_ref,
  }));
  return { documents: loadDocuments(directory, 'experiences.ndjson'), queries };
}

export function loadDocuments(directory: string, file: string): readonly Document[] {
  const lines = readLines(directory, file) as readonly EntryLine[];
  return lines.map(({ ref, category_code, data }) => ({
    ref,
    category: category_code,
    text: { heading: data.title, body: data.playbook },
  }));
}

function readLines(directory: string, file: string): readonly unknown[] {
  const text = readFileSync(join(directory, file), 'utf8').trimEnd();
  return text.split('\n').map((line): unknown => JSON.parse(line));
}
