import { readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, type CliResult } from './run-cli.ts';
import { freshEnvironment, startService } from './running-service.ts';

/** More than two requests' worth of lines. */
const ENTRIES = 1200;

const entryLine = (number: number, playbook: string): string =>
  JSON.stringify({
    entity_type: 'experience',
    category_code: 'TSTCLI',
    data: { section: 'useful', title: `Lesson number ${number} about zebras`, playbook },
    ref: `lesson:${number}`,
  });

const CATEGORIES = JSON.stringify([
  { code: 'TSTCLI', name: 'cli_tests', description: 'Entries of the CLI tests.' },
]);

// One suite for both ways: they run the same code, and must answer the same.
describe.each(['over HTTP', 'on the data folder'] as const)('%s', (way) => {
  let world: Awaited<ReturnType<typeof freshEnvironment>>;
  let stop: () => Promise<void> = async () => undefined;
  let chl: (...args: string[]) => Promise<CliResult>;

  beforeAll(async () => {
    world = await freshEnvironment();
    if (way === 'over HTTP') {
      const service = await startService(world.environment);
      stop = service.stop;
      chl = (...args) => runCli(args, { ...world.environment, CHL_URL: service.url });
    } else {
      chl = (...args) => runCli(args, world.environment);
    }
    const lines = Array.from({ length: ENTRIES }, (_, i) => entryLine(i, `Feed zebra ${i} before noon.`));
    await writeFile(join(world.folder, 'entries.ndjson'), lines.join('\n'));
    await writeFile(join(world.folder, 'categories.json'), CATEGORIES);
  });

  afterAll(async () => {
    await stop();
    await world.dispose();
  });

  const path = (name: string): string => join(world.folder, name);

  test('import makes the categories, stores every line and counts them', async () => {
    const args = ['import', path('entries.ndjson'), '--categories', path('categories.json'), '--json'];
    const { exitCode, stdout } = await chl(...args);
    expect(JSON.parse(stdout)).toMatchObject({
      created: ENTRIES,
      updated: 0,
      unchanged: 0,
      failed: 0,
      new_categories: 1,
    });
    expect(exitCode).toBe(0);
  });

  test('importing it again changes nothing; a changed line is updated', async () => {
    const changed = [entryLine(0, 'Feed zebra 0 before noon.'), entryLine(1, 'Never feed zebra 1.')];
    await writeFile(path('changed.ndjson'), `${changed.join('\n')}\n`);
    const { exitCode, stdout } = await chl(
      'import',
      path('changed.ndjson'),
      '--categories',
      path('categories.json'),
    );
    expect(stdout).toMatch(/^2 entries in .* s: 0 created, 1 updated, 1 unchanged, 0 failed\.\n$/);
    expect(exitCode).toBe(0);
  });

  test('bad lines are told by their number in the file, and the good ones around them are stored', async () => {
    const good = [900, 901, 902].map((number) => entryLine(number, 'Count the stripes.'));
    const tooLong = entryLine(2, 'x'.repeat(1_100_000));
    const lines = [good[0], 'not json', '', tooLong, good[1], '{"entity_type":"manual"}', good[2]];
    await writeFile(path('bad.ndjson'), lines.join('\n'));
    const { exitCode, stdout, stderr } = await chl('import', path('bad.ndjson'));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/3 updated, 0 unchanged, 3 failed\.\n$/);
    const told = stderr.split('\n').filter((line) => line.startsWith('line '));
    expect(told.map((line) => line.split(':')[0])).toEqual(['line 2', 'line 4', 'line 6']);
    expect(told[2]).toContain('skill');
  });

  test('search finds what was imported, readable or as JSON', async () => {
    const readable = await chl('search', 'never', 'feed', '--limit', '3');
    expect(readable.exitCode).toBe(0);
    expect(readable.stdout).toContain('Lesson number 1 about zebras');
    const json = await chl('search', 'never feed', '--limit', '3', '--category', 'TSTCLI', '--json');
    const answer = JSON.parse(json.stdout);
    expect(answer.results[0].title).toBe('Lesson number 1 about zebras');
    expect(answer.degraded).toBe(false);
    expect(json.stderr.replace(/^No service at .*\n/, '')).toBe('');
  });

  test('a search for something that is not there says so, and one that is refused exits with 4', async () => {
    const nothing = await chl('search', 'zebras', '--mode', 'text', '--category', 'API');
    expect(nothing).toMatchObject({ exitCode: 0, stdout: 'Nothing found.\n' });
    const refused = await chl('search', 'zebras', '--category', 'NOWHERE');
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain('chl: There is no category "NOWHERE"');
  });

  test('status tells health, content and index', async () => {
    const { exitCode, stdout } = await chl('status', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      health: { status: 'healthy' },
      content: { totals: { experiences: ENTRIES, skills: 0 } },
      index: { status: 'available', backend: 'flat', index_size: ENTRIES },
    });
    const readable = await chl('status');
    expect(readable.stdout).toMatch(/^experiences +1200$/m);
    expect(readable.stdout).toMatch(/^backend +flat/m);
  });

  test('export writes the same to a file and to stdout, and it can be imported elsewhere', async () => {
    const toFile = await chl('export', path('export.ndjson'), '--json');
    expect(JSON.parse(toFile.stdout)).toMatchObject({ entries: ENTRIES });
    const content = await readFile(path('export.ndjson'), 'utf8');
    expect((await chl('export')).stdout).toBe(content);
    expect(existsSync(path('export.ndjson.partial'))).toBe(false);

    const elsewhere = await freshEnvironment();
    const args = ['import', path('export.ndjson'), '--categories', path('categories.json'), '--json'];
    const { stdout } = await runCli(args, elsewhere.environment);
    await elsewhere.dispose();
    expect(JSON.parse(stdout)).toMatchObject({ created: ENTRIES, failed: 0 });
  });

  test('files that are not there or not right are named', async () => {
    expect(await chl('import', path('missing.ndjson'))).toMatchObject({ exitCode: 1, stdout: '' });
    const folderInPlace = await chl('import', world.folder);
    expect(folderInPlace.stderr).toContain(`chl: ${world.folder} is a folder.`);
    const notCategories = await chl('import', path('entries.ndjson'), '--categories', path('entries.ndjson'));
    expect(notCategories.stderr).toContain('is not a JSON list of categories');
    const nowhere = await chl('export', path('no/such/folder/export.ndjson'));
    expect(nowhere).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`${path('no/such/folder')} does not exist`),
    });
  });
});

test('search, status and export do not begin a data folder', async () => {
  const { environment, dispose } = await freshEnvironment();
  for (const command of [['search', 'x'], ['status'], ['export']]) {
    expect((await runCli(command, environment)).exitCode).toBe(3);
  }
  expect(existsSync(environment['CHL_DATA_DIR']!)).toBe(false);
  await dispose();
});
