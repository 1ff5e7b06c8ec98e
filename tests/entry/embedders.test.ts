import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChlError } from '../../src/core/errors.ts';
import { fingerprintText } from '../../src/core/ports/embedder.ts';
import { loadConfig } from '../../src/entry/config.ts';
import { chooseEmbedder } from '../../src/entry/embedders.ts';
import { EmbeddingServer } from '../support/embedding-server.ts';
import { RecordingLogger } from '../service/support/runtime.ts';

let server: EmbeddingServer;
let folder: string;
let logger: RecordingLogger;

beforeEach(async () => {
  server = await EmbeddingServer.start();
  folder = await mkdtemp(join(tmpdir(), 'chl-embedders-'));
  logger = new RecordingLogger();
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const choose = async (variables: Record<string, string>, bound: string | null = null) => {
  const { embedder } = loadConfig({ CHL_DATA_DIR: folder, ...variables });
  const chosen = await chooseEmbedder(embedder, bound, logger);
  return { kind: chosen.kind, fingerprint: fingerprintText(chosen.embedder.fingerprint) };
};
const endpoint = () => ({ CHL_EMBEDDING_URL: server.url, CHL_EMBEDDING_MODEL: 'stand-in' });
const said = () => logger.lines.map(({ message }) => message).join('\n');

describe('auto on an empty database', () => {
  test('takes the endpoint that answers, and says why', async () => {
    expect(await choose(endpoint())).toEqual({ kind: 'openai', fingerprint: 'openai:stand-in@1/384/unit' });
    expect(said()).toContain('the endpoint of CHL_EMBEDDING_URL answers');
  });

  test('asks no endpoint that nobody named; without a local model it is hash', async () => {
    expect(await choose({})).toEqual({ kind: 'hash', fingerprint: 'hash@1/384/unit' });
    expect(said()).toContain(
      'CHL_EMBEDDING_URL is not set; the model Xenova/all-MiniLM-L6-v2 is not on this machine',
    );
    expect(server.calls).toEqual([]);
  });

  test('tries an endpoint once, and goes on without it', async () => {
    server.always = (response) => void response.destroy();
    expect(await choose(endpoint())).toMatchObject({ kind: 'hash' });
    expect(server.calls.length).toBe(1);
    expect(said()).toContain('does not answer');
  });
});

describe('auto on a database with vectors', () => {
  test('keeps to what they were made with, whatever is there now', async () => {
    expect(await choose(endpoint(), 'hash@1/64/unit')).toEqual({
      kind: 'hash',
      fingerprint: 'hash@1/64/unit',
    });
    expect(server.calls).toEqual([]);
  });

  test('starts while the endpoint is away: the length of its vectors is known', async () => {
    const away = endpoint();
    await server.stop();
    const bound = 'openai:stand-in@1/384/unit';
    expect(await choose(away, bound)).toEqual({ kind: 'openai', fingerprint: bound });
    expect(await choose({}, bound)).toEqual({ kind: 'openai', fingerprint: bound });
    server = await EmbeddingServer.start();
  });
});

describe('an embedder chosen by name', () => {
  test('openai asks the endpoint for the dimension once, unless it is configured', async () => {
    expect(await choose({ CHL_EMBEDDER: 'openai', ...endpoint() })).toMatchObject({ kind: 'openai' });
    expect(server.calls.length).toBe(1);
    const given = { CHL_EMBEDDER: 'openai', CHL_EMBEDDING_DIMENSION: '128', ...endpoint() };
    expect(await choose(given)).toMatchObject({ fingerprint: 'openai:stand-in@1/128/unit' });
    expect(server.calls.length).toBe(1);
  });

  test('needs url and model: both are told at once, and a password in the address is refused', () => {
    const refusal = (variables: Record<string, string>): string => {
      try {
        loadConfig(variables);
      } catch (error) {
        if (error instanceof ChlError) return error.message;
      }
      throw new Error('the configuration was accepted');
    };
    const message = refusal({ CHL_EMBEDDER: 'openai', CHL_EMBED_MODE: 'later' });
    for (const name of ['CHL_EMBEDDING_URL', 'CHL_EMBEDDING_MODEL', 'CHL_EMBED_MODE'])
      expect(message).toContain(name);
    expect(refusal({ CHL_EMBEDDING_URL: server.url })).toContain('CHL_EMBEDDING_MODEL is needed');
    expect(refusal({ CHL_EMBEDDING_URL: 'file:///etc/passwd' })).toContain('must be an address');
    expect(refusal({ ...endpoint(), CHL_EMBEDDING_URL: 'http://u:p@host/v1' })).toContain(
      'without user and password',
    );
  });
});
