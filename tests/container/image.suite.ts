import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyModel } from '../support/tiny-model.ts';
import { ContainerClient } from './client.ts';
import { must, ROOT, until, type ContainerEngine } from './engine.ts';

interface Image {
  readonly name: string;
  readonly buildOptions: readonly string[];
  readonly backend: string;
  readonly megabytesMax: number;
}

/** The base images differ in size from those of a registry; what is bounded is what lies on top as well. */
export const NODE_IMAGE: Image = {
  name: 'chl:test',
  buildOptions: [],
  backend: 'faiss-node',
  megabytesMax: 500,
};
export const DENO_IMAGE: Image = {
  name: 'chl:test-deno',
  buildOptions: ['--target', 'deno'],
  backend: 'hnswlib-wasm',
  megabytesMax: 500,
};

const PORT = 8000;
const HARDENED =
  '--read-only --tmpfs /tmp:size=256m --cap-drop ALL --security-opt no-new-privileges --network podman'.split(
    ' ',
  );
const KEY = /chl_[\w-]{20,}/;

/** What is promised of every image, on whatever runtime. */
export function imageSuite(engineOf: () => ContainerEngine, image: Image): void {
  const container = `${image.name.replace(':', '-')}-${process.pid}`;
  const volume = `${container}-data`;

  describe(`the image ${image.name}`, () => {
    let engine: ContainerEngine;
    let url: string;
    let key: string;
    let client: ContainerClient;

    beforeAll(async () => {
      engine = engineOf();
      await engine.build(image.name, ROOT, ...image.buildOptions);
    }, 1_800_000);
    afterAll(async () => {
      await engine?.podman('rm', '-f', '-t', '0', container);
      await engine?.podman('volume', 'rm', volume);
    });

    const start = async (): Promise<void> => {
      url = await startContainer(engine, container, image.name, ['-v', `${volume}:/data`]);
    };
    const logs = async (): Promise<string> => {
      const { stdout, stderr } = await engine.podman('logs', container);
      return `${stdout}\n${stderr}`;
    };

    test('is small enough to pull without a thought', async () => {
      const { stdout } = await must(
        'inspect',
        engine.podman('image', 'inspect', image.name, '--format', '{{.Size}}'),
      );
      expect(Number(stdout) / 1e6).toBeLessThan(image.megabytesMax);
    });

    test(`starts on a read-only root without capabilities, as no root, on ${image.backend}, and prints one key`, async () => {
      await start();
      key = await until('the key in the log', async () => KEY.exec(await logs())?.[0]);
      client = new ContainerClient(url, key);
      expect(await client.search('anything')).toEqual([]);
      expect((await fetch(`${url}/api/v1/search/`, { method: 'POST' })).status).toBe(401);
      const { stdout: user } = await must('exec', engine.podman('exec', container, 'id', '-u'));
      expect(user.trim()).not.toBe('0');
      const status = await until('the index', async () => {
        const { backend } = (await (await client.get('/admin/index/status')).json()) as {
          backend: string | null;
        };
        return backend ?? undefined;
      });
      expect(status).toBe(image.backend);
      expect((await must('healthcheck', engine.podman('healthcheck', 'run', container))).ok).toBe(true);
    });

    test('stops on SIGTERM by itself, and what it stored is there after the next start', async () => {
      await client.write('Name the volume', 'An anonymous volume is lost with its container.');
      await must('stop', engine.podman('stop', '-t', '12', container));
      expect(await engine.inspect(container, '{{.State.ExitCode}}')).toBe('0');
      await must('rm', engine.podman('rm', container));
      await start();
      client = new ContainerClient(url, key);
      const found = await until('the entry', async () => (await client.search('anonymous volume'))[0]);
      expect(found.title).toBe('Name the volume');
      expect(await logs()).not.toMatch(KEY);
    });
  });
}

/** The models' image is the image with one layer more. */
export function modelImageSuite(engineOf: () => ContainerEngine): void {
  test('with a model baked in the image starts semantic, and needs nobody for it', async () => {
    const engine = engineOf();
    const model = `test-${process.pid}`;
    const container = `chl-${model}`;
    const folder = join(ROOT, 'models', model);
    writeTinyModel(folder);
    try {
      await engine.build('chl:test-model', ROOT, '--build-arg', `MODEL=${model}`);
    } finally {
      await rm(folder, { recursive: true });
    }
    try {
      const url = await startContainer(engine, container, 'chl:test-model', []);
      const health = await until('health', async () => {
        const answer = await fetch(`${url}/health`);
        return answer.ok && (await answer.text());
      });
      expect(health).toContain(model);
      // What a container prints is in its log a moment later.
      await until('the embedder in the log', async () => {
        const { stdout, stderr } = await engine.podman('logs', container);
        return (stdout + stderr).includes('"embedder":"transformers');
      });
    } finally {
      await engine.podman('rm', '-f', '-t', '0', container);
    }
  });
}

async function startContainer(
  engine: ContainerEngine,
  name: string,
  image: string,
  options: readonly string[],
): Promise<string> {
  await must('run', engine.podman('run', '-d', '--name', name, ...HARDENED, ...options, image));
  const url = `http://${await engine.address(name)}:${PORT}`;
  await until('the service in the container', async () => (await fetch(`${url}/health/live`)).ok);
  return url;
}
