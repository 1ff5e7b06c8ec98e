import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyModel } from '../support/tiny-model.ts';
import { ContainerEngine, must, ROOT, whyNoContainers } from './engine.ts';

const SKIPPED = whyNoContainers();
const IMAGE = 'chl:test';
const CONTAINER = `chl-test-${process.pid}`;
const VOLUME = `${CONTAINER}-data`;
const IMAGE_BYTES_MAX = 700 * 1024 * 1024;
const HARDENED = [
  '--read-only',
  '--tmpfs',
  '/tmp:size=256m',
  '--cap-drop',
  'ALL',
  '--security-opt',
  'no-new-privileges',
];

describe.skipIf(SKIPPED !== null)(
  `the image${SKIPPED === null ? '' : ` (skipped: ${SKIPPED})`}`,
  { timeout: 900_000 },
  () => {
    let engine: ContainerEngine;
    let port: number;
    let key: string;

    beforeAll(async () => {
      engine = await ContainerEngine.setUp();
      await engine.build(IMAGE);
      port = await freePort();
    }, 1_800_000);

    afterAll(async () => {
      await engine?.podman('rm', '-f', CONTAINER);
      await engine?.podman('volume', 'rm', VOLUME);
    });

    const start = async (): Promise<void> => {
      await must(
        'run',
        engine.podman(
          'run',
          '-d',
          '--name',
          CONTAINER,
          ...HARDENED,
          '-e',
          `CHL_PORT=${port}`,
          '-v',
          `${VOLUME}:/data`,
          IMAGE,
        ),
      );
      await until(async () => (await get('/health/live')).ok);
    };
    const logs = async (): Promise<string> => {
      const { stdout, stderr } = await engine.podman('logs', CONTAINER);
      return `${stdout}\n${stderr}`;
    };
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
    const post = (path: string, body: unknown): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      });

    test('is small enough to pull without a thought', async () => {
      const { stdout } = await must(
        'inspect',
        engine.podman('image', 'inspect', IMAGE, '--format', '{{.Size}}'),
      );
      expect(Number(stdout)).toBeLessThan(IMAGE_BYTES_MAX);
    });

    test('starts on a read-only root without capabilities, as no root, on FAISS, and prints one key', async () => {
      await start();
      const said = await until(async () => /chl_[\w-]{20,}/.exec(await logs())?.[0]);
      key = said;
      expect((await post('/api/v1/search/', { query: 'anything' })).status).toBe(200);
      expect((await fetch(`http://127.0.0.1:${port}/api/v1/search/`, { method: 'POST' })).status).toBe(401);
      const { stdout: user } = await must('exec', engine.podman('exec', CONTAINER, 'id', '-u'));
      expect(user.trim()).not.toBe('0');
      const { stdout: files } = await must('exec', engine.podman('exec', CONTAINER, 'ls', '.build/faiss'));
      expect(files).toContain('faiss-baseline.node');
      await until(async () => (await logs()).includes('faiss-node'));
      expect((await must('healthcheck', engine.podman('healthcheck', 'run', CONTAINER))).ok).toBe(true);
    });

    test('stops on SIGTERM by itself, and what it stored is there after the next start', async () => {
      const written = await post('/api/v1/entries/write', {
        entity_type: 'experience',
        category_code: 'DEP',
        data: {
          section: 'useful',
          title: 'Name the volume',
          playbook: 'An anonymous volume is lost with its container.',
        },
      });
      expect(written.status).toBe(200);
      await must('stop', engine.podman('stop', '-t', '12', CONTAINER));
      const { stdout } = await must(
        'inspect',
        engine.podman('inspect', CONTAINER, '--format', '{{.State.ExitCode}}'),
      );
      expect(stdout.trim()).toBe('0');
      await must('rm', engine.podman('rm', CONTAINER));
      await start();
      const found = await until(async () => {
        const response = await post('/api/v1/search/', { query: 'anonymous volume' });
        const { results } = (await response.json()) as { results: { title: string }[] };
        return results[0]?.title;
      });
      expect(found).toBe('Name the volume');
      expect(await logs()).not.toMatch(/chl_[\w-]{20,}/);
    });

    test('with a model baked in it starts semantic, and needs nobody for it', async () => {
      const model = `test-${process.pid}`;
      const folder = join(ROOT, 'models', model);
      writeTinyModel(folder);
      try {
        await engine.build(`${IMAGE}-model`, '--build-arg', `MODEL=${model}`);
      } finally {
        await rm(folder, { recursive: true });
      }
      await engine.podman('rm', '-f', CONTAINER);
      await must(
        'run',
        engine.podman(
          'run',
          '-d',
          '--name',
          CONTAINER,
          ...HARDENED,
          '-e',
          `CHL_PORT=${port}`,
          `${IMAGE}-model`,
        ),
      );
      const health = await until(async () => {
        const answer = await get('/health');
        return answer.ok && (await answer.text());
      });
      expect(health).toContain(model);
      expect(await logs()).toContain('"embedder":"transformers');
    });

    test('compose.yaml is valid, with every profile', async () => {
      const profiles = ['ollama', 'sqld', 'observability'].flatMap((name) => ['--profile', name]);
      const { stdout } = await must(
        'compose',
        engine.compose('--env-file', '.env.example', ...profiles, 'config', '--services'),
      );
      expect(stdout.trim().split('\n').toSorted()).toEqual(['chl', 'ollama', 'prometheus', 'sqld']);
    });
  },
);

/** Polls until the answer is truthy, at most a minute. */
async function until<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error('nothing after a minute');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
