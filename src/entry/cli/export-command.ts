import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { Lines } from '../../http/body/lines.ts';
import { searchHealthResponse } from '../../service/contract/search.ts';
import { EXIT, type ExitCode } from './command-error.ts';
import { fileError } from './file-error.ts';
import { accepted, call, type Service } from './service.ts';
import type { Terminal } from './terminal.ts';

export interface ExportOptions {
  /** Null: stdout. */
  readonly file: string | null;
  readonly json: boolean;
}

const LINE_BYTES_MAX = 1024 ** 3;

/** All entries as NDJSON, one a line, as `chl import` takes them back. */
export async function exportCommand(
  service: Service,
  options: ExportOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { file } = options;
  if (file === null) {
    await exportLines(service, terminal, (text) => terminal.write(text));
    return EXIT.ok;
  }
  const entries = await exportToFile(service, file, terminal);
  if (options.json) terminal.print(JSON.stringify({ entries, file }));
  else terminal.print(`${entries} entries in ${file}.`);
  return EXIT.ok;
}

/** Under another name until it is whole: half an export never looks like one. */
async function exportToFile(service: Service, file: string, terminal: Terminal): Promise<number> {
  const folder = dirname(resolve(file));
  await access(folder).catch((error: unknown) => {
    throw fileError(error, folder);
  });
  const partial = `${file}.partial`;
  const output = createWriteStream(partial, { flush: true });
  try {
    await once(output, 'open');
    const entries = await exportLines(service, terminal, async (text) => {
      if (!output.write(text)) await once(output, 'drain');
    });
    output.end();
    await finished(output);
    await rename(partial, file);
    return entries;
  } catch (error) {
    output.destroy();
    await rm(partial, { force: true });
    throw fileError(error, file);
  }
}

async function exportLines(
  service: Service,
  terminal: Terminal,
  write: (text: string) => Promise<void>,
): Promise<number> {
  const { totals } = await call(service, searchHealthResponse, '/api/v1/search/health');
  const response = await accepted(service, await service.fetch('/api/v1/entries/export.ndjson'));
  const progress = terminal.progress(totals.experiences + totals.skills, 'entries');
  let entries = 0;
  try {
    for await (const line of new Lines(response.body!, LINE_BYTES_MAX)) {
      await write(`${line}\n`);
      entries += 1;
      progress.update(entries);
    }
  } finally {
    progress.stop();
  }
  return entries;
}
