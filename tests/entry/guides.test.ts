import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guidelinesResponse } from '../../src/service/contract/guidelines.ts';
import { freshEnvironment, startService } from '../cli/running-service.ts';

let fresh: Awaited<ReturnType<typeof freshEnvironment>>;
beforeEach(async () => {
  fresh = await freshEnvironment({ CHL_INDEX_HOST: 'inline' });
});
afterEach(() => fresh.dispose());

async function writeGuide(name: string, content: string): Promise<void> {
  const folder = join(fresh.environment['CHL_DATA_DIR']!, 'guides');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), content);
}

test('a guide in the data folder takes the place of the built-in one; the other stays', async () => {
  await writeGuide('generator.md', '# House rules\n\nBe brief.\n');
  const service = await startService(fresh.environment);
  try {
    const guide = async (type: string) => {
      const response = await fetch(`${service.url}/api/v1/guidelines/${type}`);
      return guidelinesResponse.parse(await response.json()).skill;
    };
    expect(await guide('generator')).toMatchObject({
      title: 'House rules',
      content: '# House rules\n\nBe brief.\n',
      author: 'operator',
    });
    expect(await guide('evaluator')).toMatchObject({ author: 'chl' });
  } finally {
    await service.stop();
  }
});

test('one that cannot be used stops the start, and is named', async () => {
  await writeGuide('evaluator.md', ' \n');
  await expect(startService(fresh.environment)).rejects.toMatchObject({
    code: 'CONFIGURATION',
    message: 'guides/evaluator.md in the data folder is empty.',
  });
});
