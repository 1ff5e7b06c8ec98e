import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ContainerClient } from './client.ts';
import { must, ROOT, until, type ContainerEngine, type Output } from './engine.ts';

const KEY = 'a-key-of-the-compose-tests';
const PROMETHEUS = '/usr/bin/prometheus';
const STAND_INS = join(import.meta.dirname, 'stand-ins');
/** What an operator downloads beside the image. */
const FILES = ['compose.yaml', 'deploy', '.env.example'];

/** compose.yaml as an operator uses it: a folder with it, `.env`, and a profile. */
class Project {
  readonly folder: string;
  readonly #engine: ContainerEngine;
  readonly #name: string;
  readonly #profiles: readonly string[];

  private constructor(engine: ContainerEngine, folder: string, profiles: readonly string[]) {
    this.#engine = engine;
    this.folder = folder;
    this.#name = basename(folder).toLowerCase();
    this.#profiles = profiles.flatMap((profile) => ['--profile', profile]);
  }

  static async create(
    engine: ContainerEngine,
    image: string,
    profiles: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), 'chl-compose-'));
    for (const file of FILES) await cp(join(ROOT, file), join(folder, file), { recursive: true });
    const all = {
      CHL_API_KEYS: `me:admin:${KEY}`,
      CHL_IMAGE: image,
      // No port named: the engine takes a free one.
      CHL_PUBLISH: '127.0.0.1:',
      PROMETHEUS_PUBLISH: '127.0.0.1:',
      BALANCER_PUBLISH: '127.0.0.1:',
      ...variables,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(join(folder, '.env'), lines.join(''));
    return new Project(engine, folder, profiles);
  }

  compose(...args: readonly string[]): Promise<Output> {
    const files = ['-f', join(this.folder, 'compose.yaml'), '--env-file', join(this.folder, '.env')];
    return this.#engine.compose('-p', this.#name, ...files, ...this.#profiles, ...args);
  }

  async up(): Promise<ContainerClient> {
    await must('up', this.compose('up', '-d', '--no-build'));
    const client = new ContainerClient(await this.published('chl', 8000), KEY);
    await until('the service is ready', async () => (await client.get('/health/ready')).ok);
    return client;
  }

  /** Where the port of a service is published on this machine. */
  async published(service: string, port: number): Promise<string> {
    const { stdout } = await must('port', this.compose('port', service, String(port)));
    return `http://${stdout.trim()}`;
  }

  /** Where a service that publishes nothing is reached. */
  async address(service: string): Promise<string> {
    const { stdout } = await must('ps', this.compose('ps', '-q', service));
    return this.#engine.address(stdout.trim());
  }

  async remove(): Promise<void> {
    // Once more where a container was being started again just then.
    await until('everything is removed', async () => (await this.compose('down', '-v', '-t', '15')).ok);
    await rm(this.folder, { recursive: true });
  }
}

export function composeSuite(engineOf: () => ContainerEngine, image: string): void {
  describe('compose.yaml', () => {
    let engine: ContainerEngine;
    let project: Project | null = null;
    beforeAll(() => {
      engine = engineOf();
    });
    afterEach(async () => {
      await project?.remove();
      project = null;
    });
    const create = async (...args: [profiles: readonly string[], variables?: Record<string, string>]) => {
      project = await Project.create(engine, image, ...args);
      return project;
    };

    test('is valid, with every profile', async () => {
      const made = await create(['ollama', 'sqld', 'replicas', 'observability']);
      const { stdout } = await must('config', made.compose('config', '--services'));
      expect(stdout.trim().split('\n').toSorted()).toEqual([
        'balancer',
        'chl',
        'chl-2',
        'ollama',
        'ollama-model',
        'prometheus',
        'sqld',
      ]);
    });

    test('observability: Prometheus scrapes the service with a key of its own, and has the alert rules', async () => {
      if (!existsSync(PROMETHEUS)) throw new Error('Debian’s package prometheus is not installed.');
      await standIn(engine, 'docker.io/prom/prometheus:v3.5.0', 'prometheus.Dockerfile', PROMETHEUS);
      const made = await create(['observability']);
      const client = await made.up();
      // A published port and the key of .env: what everyone starts with.
      await client.write('Scrape with a key', 'Prometheus reads its key from a file.');
      expect((await client.search('prometheus key'))[0]?.title).toBe('Scrape with a key');

      const program = ['exec', '-T', 'chl', 'node', 'dist/src/entry/cli.js'];
      const { stdout: key } = await must(
        'keys',
        made.compose(...program, 'keys', 'new', 'prometheus', '--role', 'read'),
      );
      const keyFile = join(made.folder, 'deploy', 'prometheus', 'chl-key');
      await writeFile(keyFile, key);
      await chmod(keyFile, 0o644);

      const prometheus = await made.published('prometheus', 9090);
      const ask = async <T>(path: string): Promise<T> =>
        ((await (await fetch(`${prometheus}/api/v1/${path}`)).json()) as { data: T }).data;
      const target = await until('the target is up', async () => {
        const { activeTargets } = await ask<{ activeTargets: Target[] }>('targets');
        return activeTargets.find(({ health }) => health === 'up');
      });
      expect(target).toMatchObject({ scrapePool: 'chl', lastError: '' });

      const { groups } = await ask<{ groups: { rules: Rule[] }[] }>('rules');
      const rules = groups.flatMap((group) => group.rules);
      const alerts = await readFile(join(ROOT, 'deploy', 'prometheus', 'alerts.yml'), 'utf8');
      const shipped = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
      expect(new Set(rules.map(({ name }) => name))).toEqual(new Set(shipped));
      const { result } = await ask<{ result: { value: [number, string] }[] }>(
        'query?query=chl_entries{type="experience"}',
      );
      expect(result[0]?.value[1]).toBe('1');
    });

    test('sqld: the entries lie on the libSQL server, and survive both containers', async () => {
      await engine.build('chl-sqld', join(ROOT, 'deploy', 'sqld'));
      const made = await create(['sqld'], { CHL_DATABASE_URL: 'http://sqld:8080' });
      await (await made.up()).write('Entries live on the server', 'The data folder holds the index only.');
      const sql = 'SELECT heading FROM entries';
      const rows = await fetch(`http://${await made.address('sqld')}:8080/v2/pipeline`, {
        method: 'POST',
        body: JSON.stringify({ requests: [{ type: 'execute', stmt: { sql } }, { type: 'close' }] }),
      });
      expect(await rows.text()).toContain('Entries live on the server');

      await must('down', made.compose('down', '-t', '15'));
      const again = await made.up();
      expect((await again.search('entries on the server'))[0]?.title).toBe('Entries live on the server');
    });

    test('replicas: through the balancer one reads one’s own writes, and goes on when a replica ends', async () => {
      await engine.build('chl-sqld', join(ROOT, 'deploy', 'sqld'));
      await engine.build('chl-balancer', join(ROOT, 'deploy', 'proxy'));
      const made = await create(['replicas'], { CHL_DATABASE_URL: 'http://sqld:8080' });
      await made.up();
      const balanced = new ContainerClient(await made.published('balancer', 8080), KEY);
      await until('both replicas answer', async () => {
        const answers = await Promise.all([1, 2, 3, 4].map(() => balanced.get('/health/ready')));
        return answers.every(({ ok }) => ok);
      });
      for (const word of ['amber', 'birch', 'cedar', 'delta']) {
        const seq = await balanced.write(
          `Round robin ${word}`,
          'Written through one replica, read through another.',
        );
        expect((await balanced.search(word, 'text', seq))[0]?.title).toBe(`Round robin ${word}`);
      }
      await must('stop', made.compose('stop', 'chl'));
      expect((await balanced.search('birch'))[0]?.title).toBe('Round robin birch');
      await balanced.write('Written by the one that is left', 'The other replica is stopped.');
    });

    test('ollama (a stand-in under its name): the model is pulled, and the service starts on it', async () => {
      await standIn(
        engine,
        'docker.io/ollama/ollama:latest',
        'ollama.Dockerfile',
        join(STAND_INS, 'ollama.mjs'),
      );
      const made = await create(['ollama'], {
        CHL_EMBEDDER: 'openai',
        CHL_EMBEDDING_URL: 'http://ollama:11434/v1',
        CHL_EMBEDDING_MODEL: 'nomic-embed-text',
      });
      const client = await made.up();
      // Ready is for requests; vectors may still be loading then, and text answers, labelled.
      await until('vectors are searched', async () => {
        const { status } = (await (await client.get('/health')).json()) as { status: string };
        return status === 'healthy';
      });
      await client.write('Pull the model first', 'The embedder answers once its model is there.');
      const found = (await client.search('model pull', 'vector'))[0];
      expect(found).toMatchObject({
        title: 'Pull the model first',
        reason: 'semantic_match',
        degraded: false,
      });
      const status = (await (await client.get('/admin/index/status')).json()) as Record<string, unknown>;
      expect(status['model_name']).toContain('nomic-embed-text');
    });
  });
}

interface Target {
  readonly health: string;
  readonly scrapePool: string;
  readonly lastError: string;
}

interface Rule {
  readonly name: string;
}

/** An image under a name that would come from a registry, which the machines of the tests do not reach. */
async function standIn(
  engine: ContainerEngine,
  name: string,
  dockerfile: string,
  program: string,
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'chl-stand-in-'));
  await cp(join(STAND_INS, dockerfile), join(context, 'Dockerfile'));
  await cp(program, join(context, program.split('/').at(-1)!));
  try {
    await engine.build(name, context);
  } finally {
    await rm(context, { recursive: true });
  }
}
