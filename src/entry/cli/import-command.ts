import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { stopYoungGrowth } from '../../../adapters/native/heap-growth.ts';
import { createCategoryRequest } from '../../service/contract/categories.ts';
import { CommandError, EXIT, type ExitCode } from './command-error.ts';
import { fileError } from './file-error.ts';
import { storeChunk, type LineResult } from './import-lines.ts';
import { openImportSource, type ImportSource } from './import-source.ts';
import { accepted, jsonRequest, type Service } from './service.ts';
import type { Terminal } from './terminal.ts';

export interface ImportOptions {
  readonly file: string;
  readonly categoriesFile: string | null;
  readonly json: boolean;
}

/** A refused line, as it is reported. */
interface FailedLine {
  readonly line: number;
  readonly ref: string | null;
  readonly code: string;
  readonly message: string;
}

/** All are counted; this many are told, so that a wrong file of any size is refused in constant memory. */
const FAILURES_TOLD = 1000;
const FAILURES_SHOWN = 20;

export async function importCommand(
  service: Service,
  options: ImportOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const startedMs = performance.now();
  // From here on it is the same few megabytes again and again, whatever the size of the file.
  stopYoungGrowth();
  // Both files are looked at before anything is stored.
  const counts = { created: 0, updated: 0, unchanged: 0, failed: 0 };
  const failures: FailedLine[] = [];
  const fail = failureCounter(counts, failures);
  const source = await openImportSource(options.file, ({ number, ref, problem }) =>
    fail({ line: number, ref, code: 'SKIPPED', message: `skipped: ${problem}` }),
  ).catch((error: unknown) => {
    throw fileError(error, options.file);
  });
  let newCategories = 0;
  try {
    const categories = options.categoriesFile === null ? [] : await readCategories(options.categoriesFile);
    newCategories = await createCategories(service, [...categories, ...source.categories]);
    await storeAll(service, source, terminal, (answer) => count(answer, counts, fail));
  } catch (error) {
    throw fileError(error, options.file);
  } finally {
    await source.close();
  }

  // What was sent again was answered later.
  failures.sort((a, b) => a.line - b.line);
  const seconds = (performance.now() - startedMs) / 1000;
  if (options.json)
    terminal.print(JSON.stringify({ ...counts, new_categories: newCategories, seconds, failures }));
  else report({ counts, newCategories, seconds, failures, noun: source.noun }, terminal);
  return counts.failed > 0 ? EXIT.failure : EXIT.ok;
}

type Counts = Record<'created' | 'updated' | 'unchanged' | 'failed', number>;

async function storeAll(
  service: Service,
  source: ImportSource,
  terminal: Terminal,
  onAnswer: (answer: LineResult) => void,
): Promise<void> {
  const progress = terminal.progress(source.size, source.unit);
  let reached = 0;
  try {
    for await (const chunk of source.chunks()) {
      const read = source.position();
      let answered = 0;
      for await (const answer of storeChunk(service, chunk)) {
        onAnswer(answer);
        answered += 1;
        // With a model a chunk takes a minute: its answers are the progress.
        progress.update(Math.round(reached + ((read - reached) * answered) / chunk.length));
      }
      reached = read;
    }
  } finally {
    progress.stop();
  }
}

function failureCounter(counts: Counts, failures: FailedLine[]): (failure: FailedLine) => void {
  return (failure) => {
    counts.failed += 1;
    if (failures.length < FAILURES_TOLD) failures.push(failure);
  };
}

function count({ line, result }: LineResult, counts: Counts, fail: (failure: FailedLine) => void): void {
  if (result.status === 'error') {
    const { code, message } = result.error;
    fail({ line: line.number, ref: result.ref, code, message });
  } else {
    counts[result.status] += 1;
  }
}

interface Outcome {
  readonly counts: Counts;
  readonly newCategories: number;
  readonly seconds: number;
  readonly failures: readonly FailedLine[];
  readonly noun: ImportSource['noun'];
}

function report({ counts, newCategories, seconds, failures, noun }: Outcome, terminal: Terminal): void {
  for (const { line, ref, message } of failures.slice(0, FAILURES_SHOWN)) {
    terminal.note(`${noun} ${line}${ref === null ? '' : ` (${ref})`}: ${message}`);
  }
  if (counts.failed > FAILURES_SHOWN) terminal.note(`… and ${counts.failed - FAILURES_SHOWN} more`);
  const lines = counts.created + counts.updated + counts.unchanged + counts.failed;
  const categories = newCategories === 0 ? '' : `${newCategories} new categories; `;
  terminal.print(
    `${categories}${lines} entries in ${seconds.toFixed(1)} s: ${counts.created} created, ` +
      `${counts.updated} updated, ${counts.unchanged} unchanged, ${counts.failed} failed.`,
  );
}

const categoryList = z.array(createCategoryRequest);
type NewCategory = z.output<typeof createCategoryRequest>;

/** `[{code, name, description}]`, or an answer of `GET /api/v1/categories/`. */
async function readCategories(file: string): Promise<readonly NewCategory[]> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw error instanceof SyntaxError ? notCategories(file) : fileError(error, file);
  }
  const parsed = z.union([categoryList, z.object({ categories: categoryList })]).safeParse(content);
  if (!parsed.success) throw notCategories(file);
  return Array.isArray(parsed.data) ? parsed.data : parsed.data.categories;
}

const notCategories = (file: string): CommandError =>
  new CommandError(EXIT.failure, `${file} is not a JSON list of categories with code, name and description.`);

/** @returns how many there were not yet */
async function createCategories(service: Service, categories: readonly NewCategory[]): Promise<number> {
  let created = 0;
  for (const category of categories) {
    const response = await service.fetch('/api/v1/categories', jsonRequest(category));
    if (response.status === 409) {
      await response.body?.cancel();
      continue;
    }
    await (await accepted(service, response)).body?.cancel();
    created += 1;
  }
  return created;
}
