import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EmbeddingServer } from '../support/embedding-server.ts';
import { runCli } from './run-cli.ts';
import { freshEnvironment, startService } from './running-service.ts';

let world: Awaited<ReturnType<typeof freshEnvironment>>;
let server: EmbeddingServer;

beforeEach(async () => {
  server = await EmbeddingServer.start();
  world = await freshEnvironment({ CHL_EMBEDDING_URL: server.url, CHL_EMBEDDING_MODEL: 'stand-in' });
});
afterEach(async () => {
  await server.stop();
  await world.dispose();
});

test('an embedder that the service has no settings for is refused, with the settings it needs', async () => {
  const { CHL_EMBEDDING_URL: _url, ...unset } = world.environment;
  const service = await startService({ ...unset, CHL_EMBEDDER: 'hash' });
  try {
    const response = await fetch(`${service.url}/admin/reembed`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ to: 'openai' }),
    });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      detail: 'The embedder `openai` needs CHL_EMBEDDING_URL and CHL_EMBEDDING_MODEL.',
      error: { code: 'CONFIGURATION', retryable: false },
    });
  } finally {
    await service.stop();
  }
});

test('chl reembed: without a service and with one; later starts keep to what was chosen', async () => {
  const file = join(world.folder, 'entries.ndjson');
  const lines = Array.from({ length: 5 }, (_, number) =>
    JSON.stringify({
      entity_type: 'experience',
      category_code: 'API',
      data: { section: 'useful', title: `Lesson ${number}`, playbook: `Feed zebra ${number}.` },
    }),
  );
  await writeFile(file, lines.join('\n'));
  const lexical = { ...world.environment, CHL_EMBEDDER: 'hash' };
  expect((await runCli(['import', file], lexical)).exitCode).toBe(0);

  const changed = await runCli(['reembed', '--to', 'openai', '--json'], lexical);
  expect(JSON.parse(changed.stdout)).toMatchObject({
    state: 'done',
    from: 'hash@1/384/unit',
    to: 'openai:stand-in@1/384/unit',
    done: 5,
    total: 5,
  });
  expect(changed.exitCode).toBe(0);

  const service = await startService({ ...world.environment, CHL_EMBEDDER: 'auto' });
  try {
    const remote = { ...world.environment, CHL_URL: service.url };
    expect((await runCli(['reembed', '--to', 'openai'], remote)).stdout).toContain(
      'openai:stand-in@1/384/unit already',
    );
    const back = await runCli(['reembed', '--to', 'hash'], remote);
    expect(back.stdout).toContain('to hash@1/384/unit: 5 of 5 entries');
    const found = await runCli(['search', 'Lesson', '3', '--mode', 'vector'], remote);
    expect(found.stdout).toContain('Lesson 3');
  } finally {
    await service.stop();
  }
});
