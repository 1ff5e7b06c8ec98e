import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ModelProcess } from '../../../../adapters/embedder/transformers/model-process.ts';
import type { ModelSpec } from '../../../../adapters/embedder/transformers/protocol.ts';
import { openTransformersEmbedder } from '../../../../adapters/embedder/transformers/transformers-embedder.ts';
import { embedderSuite } from '../../../conformance/embedder.suite.ts';
import { compiledEntry } from '../../../support/compiled-entry.ts';
import { lookupModel } from '../../../support/onnx-model.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { TINY_DIMENSION, tinyTable, writeTinyModel } from '../../../support/tiny-model.ts';
import { vitestRegistrar } from '../../../support/vitest-registrar.ts';

const root = mkdtempSync(join(tmpdir(), 'chl-model-process-'));
const folder = join(root, 'all-MiniLM-tiny');
let entry: URL;

beforeAll(async () => {
  writeTinyModel(folder);
  entry = await compiledEntry('src/entry/embedding-process.ts');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

embedderSuite(vitestRegistrar, () =>
  openTransformersEmbedder({
    model: folder,
    cacheFolder: root,
    processEntry: entry,
    logger: new RecordingLogger(),
  }),
);

const spec = (model: string): ModelSpec => ({
  model,
  cacheFolder: root,
  offline: true,
  hubUrl: 'http://127.0.0.1:9/',
  revision: 'main',
  precision: 'fp32',
  threads: 1,
  pooling: 'mean',
  tokensMax: 256,
});

const started: ModelProcess[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((model) => model.close()));
});

async function start(model = folder): Promise<{ model: ModelProcess; logger: RecordingLogger }> {
  const logger = new RecordingLogger();
  const process = await ModelProcess.start({ entry, spec: spec(model), onDownload: () => undefined, logger });
  started.push(process);
  return { model: process, logger };
}

const many = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, row) => `rotate the log ${row} of the service `.repeat(4));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('killed in the middle of a batch: the call may be repeated, and the next one is answered', async () => {
  const { model, logger } = await start();
  const before = await model.embed(['restart'], true);
  const firstPid = model.pid!;
  const lost = [model.embed(many(500), false), model.embed(many(10), true)];
  process.kill(firstPid, 'SIGKILL');
  for (const call of await Promise.allSettled(lost)) {
    expect(call).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE', retryable: true } });
  }
  expect(await model.embed(['restart'], true)).toEqual(before);
  expect(model.pid).not.toBe(firstPid);
  expect(logger.messages('error')).toHaveLength(1);
});

test('a model whose files changed meanwhile is not used after a restart: its vectors must not mix', async () => {
  const changing = join(root, 'changing');
  writeTinyModel(changing);
  const { model } = await start(changing);
  const pid = model.pid!;
  const lost = expect(model.embed(many(500), false)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  process.kill(pid, 'SIGKILL');
  await lost;
  const other = lookupModel(
    tinyTable.map((value) => -value + 0.01),
    TINY_DIMENSION,
  );
  writeFileSync(join(changing, 'onnx/model.onnx'), other);
  await expect(model.embed(['restart'], true)).rejects.toMatchObject({ retryable: false });
});

test('close ends the process, and with it goes all memory; calls under way are rejected', async () => {
  const { model } = await start();
  const pid = model.pid!;
  const lost = expect(model.embed(many(500), false)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await model.close();
  await lost;
  expect(isAlive(pid)).toBe(false);
  await expect(model.embed(['restart'], true)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('a start that is refused leaves no process behind, and says why', async () => {
  await expect(start(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'CONFIGURATION' });
});

test('an abandoned call ends at once, and the others go on', async () => {
  const { model } = await start();
  const controller = new AbortController();
  const abandoned = model.embed(many(500), false, controller.signal);
  const other = model.embed(['restart'], false);
  controller.abort();
  await expect(abandoned).rejects.toThrow(/abort/i);
  expect(await other).toHaveLength(TINY_DIMENSION);
});

test('what is urgent overtakes what is not', async () => {
  const { model } = await start();
  const order: string[] = [];
  const patient = model.embed(many(2_000), false).then(() => order.push('patient'));
  const urgent = model.embed(['restart'], true).then(() => order.push('urgent'));
  await Promise.all([patient, urgent]);
  expect(order).toEqual(['urgent', 'patient']);
});

test('the event loop of the service goes on turning while the model works', async () => {
  const { model } = await start();
  let turns = 0;
  let working = true;
  const turn = (): void => {
    turns += 1;
    if (working) setImmediate(turn);
  };
  const work = model.embed(many(2_000), false);
  setImmediate(turn);
  await work;
  working = false;
  // In this process it would turn once a batch.
  expect(turns).toBeGreaterThan(500);
});
