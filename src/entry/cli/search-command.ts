import colors from 'picocolors';
import type { EntityType } from '../../core/entry.ts';
import type { SearchMode } from '../../core/ports/index-host.ts';
import { searchResponse, type SearchResult } from '../../service/contract/search.ts';
import { EXIT, type ExitCode } from './command-error.ts';
import { callJson, checked, type Service } from './service.ts';
import type { Terminal } from './terminal.ts';

export interface SearchOptions {
  readonly query: string;
  readonly category: string | null;
  readonly type: EntityType | null;
  readonly mode: SearchMode | null;
  readonly limit: number;
  readonly json: boolean;
}

const SNIPPET_CHARS = 160;

export async function searchCommand(
  service: Service,
  options: SearchOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const answer = await callJson(service, '/api/v1/search/', {
    query: options.query,
    limit: options.limit,
    snippet_len: SNIPPET_CHARS,
    ...(options.category === null ? {} : { category: options.category }),
    ...(options.type === null ? {} : { types: [options.type] }),
    ...(options.mode === null ? {} : { mode: options.mode }),
  });
  if (options.json) {
    terminal.print(JSON.stringify(answer));
    return EXIT.ok;
  }
  const { results, total, warnings, degraded } = checked(service, searchResponse, answer);
  for (const result of results) terminal.print(resultText(result));
  terminal.print(results.length === 0 ? 'Nothing found.' : colors.dim(`${results.length} of ${total}`));
  for (const warning of warnings) terminal.note(colors.yellow(warning));
  if (degraded) terminal.note(colors.yellow('Answered without the vector index; "chl status" says why.'));
  return EXIT.ok;
}

function resultText(result: SearchResult): string {
  const number = `${result.rank + 1}.`.padStart(3);
  const facts = [result.category_code, result.section ?? result.entity_type, result.entity_id, result.author];
  return [
    `${number} ${colors.green(result.score.toFixed(2))}  ${colors.bold(result.title)}`,
    `          ${colors.dim(facts.join(' · '))}`,
    `          ${result.snippet.replaceAll(/\s+/g, ' ').trim()}`,
    '',
  ].join('\n');
}
