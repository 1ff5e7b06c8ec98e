import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryFiles } from '../../../adapters/files/memory/memory-files.ts';
import { NodeFiles } from '../../../adapters/files/node/node-files.ts';
import type { FilesFixture } from '../../conformance/files.suite.ts';

export interface FolderFixture extends FilesFixture {
  readonly folder: string;
}

export async function nodeFilesFixture(): Promise<FolderFixture> {
  const parent = await mkdtemp(join(tmpdir(), 'chl-files-'));
  const folder = join(parent, 'index');
  const dispose = (): Promise<void> => rm(parent, { recursive: true, force: true });
  return { files: await NodeFiles.open(folder), folder, dispose };
}

export async function memoryFilesFixture(): Promise<FilesFixture> {
  return { files: new MemoryFiles(), dispose: async () => undefined };
}
