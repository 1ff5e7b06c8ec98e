import type { IndexStatusResponse } from '../service/contract/admin.ts';
import type { CategoriesResponse } from '../service/contract/categories.ts';
import type { ReadResponse } from '../service/contract/read.ts';
import type { DuplicatesResponse, SearchResponse } from '../service/contract/search.ts';
import type { UpdateResponse, WriteResponse } from '../service/contract/write.ts';
import { STORED_TEXT_NOTE } from './answer.ts';

/** The short text beside the structured answer: enough to choose by, for people and for clients that show text only. */

export const describeCategories = (answer: CategoriesResponse): string =>
  answer.categories
    .map((one) => inOneLine(`${one.code} ${one.name} (${one.total_count}): ${one.description}`))
    .join('\n');

export function describeEntries(answer: ReadResponse): string {
  if (answer.count === 0) return 'No entries found.';
  const lines = answer.entries.map((entry) => {
    const heading = entry.title ?? `${entry.name ?? ''}: ${entry.description ?? ''}`;
    return quoted(
      `${entry.id} ${attribution(entry)}`,
      heading,
      entry.playbook ?? entry.content ?? entry.playbook_preview ?? entry.content_preview,
    );
  });
  return [STORED_TEXT_NOTE, degradedNote(answer.meta?.degraded, answer.meta?.hint), ...lines]
    .filter(isGiven)
    .join('\n\n');
}

export function describeResults(answer: SearchResponse): string {
  if (answer.count === 0) return 'Nothing found.';
  const lines = answer.results.map((one) =>
    quoted(`${one.entity_id} ${attribution(one)}`, one.title, one.snippet),
  );
  const hint = answer.results[0]?.hint;
  return [STORED_TEXT_NOTE, degradedNote(answer.degraded, hint), ...lines].filter(isGiven).join('\n\n');
}

export function describeWritten(answer: WriteResponse | UpdateResponse): string {
  const lines = [`${answer.message} Version ${answer.version}.`];
  if ('recommendation' in answer && answer.recommendation === 'review_first') {
    lines.push('Very similar entries exist; review them first:');
  }
  if ('duplicates' in answer) {
    for (const one of answer.duplicates ?? [])
      lines.push(`- ${one.entity_id} (${one.score.toFixed(2)}): ${inOneLine(one.title)}`);
  }
  for (const warning of answer.warnings ?? []) lines.push(`Warning: ${warning}`);
  return lines.join('\n');
}

export const describeDuplicates = ({ candidates }: DuplicatesResponse): string =>
  candidates.length === 0
    ? 'No similar entry found.'
    : candidates
        .map((one) => `${one.entity_id} (${one.score.toFixed(2)}): ${inOneLine(one.title)}`)
        .join('\n');

export const describeIndex = (status: IndexStatusResponse): string =>
  `${status.status}: ${status.index_size} vectors (${status.backend ?? 'no backend'}), tombstones ${(status.tombstone_ratio * 100).toFixed(1)}%.`;

/** Each line of stored text is marked, so that none of it can pass for the server's own words. */
function quoted(head: string, heading: string, body: string | undefined): string {
  const text = body === undefined ? heading : `${heading}\n${body}`;
  return `${head}\n${text.replaceAll(/^/gm, '> ')}`;
}

/** Author and source may come from an import, and so are stored text like the rest. */
function attribution(of: {
  readonly score?: number | undefined;
  readonly author: string;
  readonly source: string;
}): string {
  const score = of.score === undefined ? '' : `score ${of.score.toFixed(2)}, `;
  return inOneLine(`[${score}by ${of.author}, source ${of.source}]`);
}

/** Stored text beside our own words must not begin a line of its own. */
const inOneLine = (text: string): string => text.replaceAll(/[\r\n\u2028\u2029]+/g, ' ');

const degradedNote = (degraded: boolean | undefined, hint: string | null | undefined): string | null =>
  degraded === true ? `Degraded answer: ${hint ?? 'words only, the index is not ready.'}` : null;

const isGiven = (line: string | null): line is string => line !== null;
