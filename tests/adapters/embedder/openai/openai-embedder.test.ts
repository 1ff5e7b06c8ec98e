import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HashEmbedder } from '../../../../adapters/embedder/hash/hash-embedder.ts';
import { openOpenAiEmbedder } from '../../../../adapters/embedder/openai/openai-embedder.ts';
import type { Embedder } from '../../../../src/core/ports/embedder.ts';
import {
  answerText,
  answerWith,
  EmbeddingServer,
  type Misbehaviour,
} from '../../../support/embedding-server.ts';

let server: EmbeddingServer;

beforeEach(async () => {
  server = await EmbeddingServer.start();
});
afterEach(() => server.stop());

const open = (
  overrides: {
    timeoutMs?: number;
    model?: string;
    attempts?: number;
    failuresMax?: number;
    dimension?: number | null;
  } = {},
): Promise<Embedder> =>
  openOpenAiEmbedder({
    url: server.url,
    model: overrides.model ?? 'stand-in',
    apiKey: 'secret-key',
    dimension: overrides.dimension === undefined ? server.dimension : overrides.dimension,
    timeoutMs: overrides.timeoutMs ?? 5_000,
    resilience: {
      backoffMs: 1,
      backoffMaxMs: 5,
      attempts: overrides.attempts ?? 3,
      failuresMax: overrides.failuresMax ?? 50,
      openMs: 60_000,
    },
  });

const texts = (count: number) =>
  Array.from({ length: count }, (_, row) => ({ heading: `Title ${row}`, body: `body number ${row}` }));

async function expected(count: number): Promise<Float32Array> {
  const inputs = texts(count).map(({ heading, body }) => ({ heading: '', body: `${heading}\n${body}` }));
  return new HashEmbedder().embed({ texts: inputs, role: 'passage' });
}

test('texts come back as vectors in their own order, in batches, with the key and the model', async () => {
  const embedder = await open();
  expect(await embedder.embed({ texts: texts(70), role: 'passage' })).toEqual(await expected(70));
  expect(server.calls.map((call) => call.input.length).toSorted((a, b) => a - b)).toEqual([6, 32, 32]);
  expect(server.calls[0]).toMatchObject({ model: 'stand-in', authorization: 'Bearer secret-key' });
});

test('vectors are asked for in base64, and are the same to the bit as numbers', async () => {
  const embedder = await open();
  const inBase64 = await embedder.embed({ texts: texts(3), role: 'passage' });
  server.plan((response, rows) => answerWith(response, rows));
  expect(await embedder.embed({ texts: texts(3), role: 'passage' })).toEqual(inBase64);
  expect(server.calls.map((call) => call.encoding_format)).toEqual(['base64', 'base64']);
});

test.each([400, 422])(
  'an endpoint that answers base64 with %d is asked for numbers from then on',
  async (status) => {
    server.always = (response, rows, { encoding_format }) =>
      encoding_format === 'float' ? answerWith(response, rows) : answerText(response, '{}', status);
    const embedder = await open();
    expect(await embedder.embed({ texts: texts(2), role: 'passage' })).toEqual(await expected(2));
    expect(await embedder.embed({ texts: texts(2), role: 'passage' })).toEqual(await expected(2));
    expect(server.calls.map((call) => call.encoding_format)).toEqual(['base64', 'float', 'float']);
  },
);

test('a text that is refused in both encodings does not change how others are asked for', async () => {
  const refuse: Misbehaviour = (response) => answerText(response, '{}', 400);
  server.plan(refuse, refuse);
  const embedder = await open();
  await expect(embedder.embed({ texts: texts(1), role: 'passage' })).rejects.toMatchObject({
    message: expect.stringMatching(/refused the request with 400/),
  });
  await embedder.embed({ texts: texts(1), role: 'passage' });
  expect(server.calls.map((call) => call.encoding_format)).toEqual(['base64', 'float', 'base64']);
});

test('an answer out of order is put in order by its indexes', async () => {
  server.plan((response, rows) => {
    const data = rows.map((embedding, index) => ({ index, embedding })).toReversed();
    answerText(response, JSON.stringify({ data }));
  });
  const embedder = await open();
  expect(await embedder.embed({ texts: texts(3), role: 'passage' })).toEqual(await expected(3));
});

test('the dimension is asked for when it is not configured', async () => {
  const embedder = await open({ dimension: null });
  expect(embedder.fingerprint).toEqual({
    name: 'openai:stand-in',
    revision: '1',
    dimension: 384,
    normalised: true,
  });
});

test('a model that wants prefixes gets them, by role', async () => {
  const embedder = await open({ model: 'intfloat/e5-small-v2' });
  await embedder.embed({ texts: [{ heading: '', body: 'how to' }], role: 'query' });
  await embedder.embed({ texts: [{ heading: 'T', body: 'b' }], role: 'passage' });
  expect(server.calls.map((call) => call.input[0])).toEqual(['query: how to', 'passage: T\nb']);
});

const passing: readonly [string, Misbehaviour][] = [
  ['429 with Retry-After', (response) => answerText(response, '{}', 429, { 'retry-after': '0' })],
  ['503', (response) => answerText(response, '{}', 503)],
  ['a dropped connection', (response) => response.destroy()],
  [
    'a connection dropped in the middle of the answer',
    (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"data"', () => response.destroy());
    },
  ],
];

test.each(passing)('%s is tried again and heals', async (_, misbehave) => {
  server.plan(misbehave, misbehave);
  const embedder = await open();
  expect(await embedder.embed({ texts: texts(2), role: 'passage' })).toEqual(await expected(2));
  expect(server.calls).toHaveLength(3);
});

const answerEncoded = (response: ServerResponse, embedding: string): void =>
  answerText(response, JSON.stringify({ data: [{ embedding }, { embedding }] }));

const nanInBase64 = (dimension: number): string =>
  Buffer.from(new Float32Array(dimension).fill(Number.NaN).buffer).toString('base64');

const wrong: readonly [string, Misbehaviour, RegExp][] = [
  ['too few vectors', (response, rows) => answerWith(response, rows.slice(1)), /1 vectors for 2 texts/],
  [
    'too many vectors',
    (response, rows) => answerWith(response, [...rows, rows[0]!]),
    /3 vectors for 2 texts/,
  ],
  [
    'another dimension',
    (response, rows) =>
      answerWith(
        response,
        rows.map((row) => row.slice(1)),
      ),
    /383 dimensions/,
  ],
  [
    'null for a number',
    (response, rows) =>
      answerWith(
        response,
        rows.map((row) => [null, ...row.slice(1)]),
      ),
    /without a list/,
  ],
  [
    'NaN',
    (response) => answerText(response, '{"data":[{"embedding":[NaN]},{"embedding":[NaN]}]}'),
    /not JSON/,
  ],
  [
    'infinity',
    (response, rows) =>
      answerText(
        response,
        JSON.stringify({ data: rows.map((embedding) => ({ embedding })) }).replace(
          /"embedding":\[[^,]+/,
          '"embedding":[1e999',
        ),
      ),
    /without a list|not finite/,
  ],
  [
    'one index twice',
    (response, rows) =>
      answerText(response, JSON.stringify({ data: rows.map((embedding) => ({ index: 0, embedding })) })),
    /index 0 twice/,
  ],
  ['base64 of half a number', (response) => answerEncoded(response, 'AAAAAAA='), /5 bytes/],
  ['base64 of NaN', (response) => answerEncoded(response, nanInBase64(384)), /not finite/],
  ['base64 of another dimension', (response) => answerEncoded(response, nanInBase64(3)), /3 dimensions/],
  ['text that is no base64', (response) => answerEncoded(response, '?!'), /not base64/],
  ['a page of HTML', (response) => answerText(response, '<html>'), /not JSON/],
  ['401', (response) => answerText(response, '{}', 401), /refused the request with 401/],
];

test.each(wrong)('%s is an error, once, and nothing of it is used', async (_, misbehave, message) => {
  server.plan(misbehave);
  const embedder = await open();
  await expect(embedder.embed({ texts: texts(2), role: 'passage' })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(message),
  });
  expect(server.calls).toHaveLength(1);
});

test('an answer without end is cut off', async () => {
  server.plan((response) => {
    response.writeHead(200);
    const flood = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', flood);
    };
    flood();
  });
  const embedder = await open();
  await expect(embedder.embed({ texts: texts(1), role: 'passage' })).rejects.toMatchObject({
    message: expect.stringMatching(/more than \d+ bytes/),
  });
});

test('an endpoint that never answers costs the time-out, not the caller', async () => {
  server.always = () => undefined;
  const embedder = await open({ timeoutMs: 50, attempts: 2 });
  await expect(embedder.embed({ texts: texts(1), role: 'passage' })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  expect(server.calls).toHaveLength(2);
});

test('a redirect is not followed: the key goes nowhere else', async () => {
  const elsewhere = await EmbeddingServer.start();
  server.always = (response) => answerText(response, '', 307, { location: `${elsewhere.url}/embeddings` });
  const embedder = await open({ attempts: 1 });
  await expect(embedder.embed({ texts: texts(1), role: 'passage' })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  expect(elsewhere.calls).toHaveLength(0);
  await elsewhere.stop();
});

test('after several failures in a row the endpoint is left alone', async () => {
  server.always = (response) => answerText(response, '{}', 500);
  const embedder = await open({ attempts: 1, failuresMax: 3 });
  for (let call = 0; call < 5; call += 1) {
    await expect(embedder.embed({ texts: texts(1), role: 'passage' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  }
  expect(server.calls).toHaveLength(3);
  await expect(embedder.embed({ texts: texts(1), role: 'passage' })).rejects.toMatchObject({
    message: expect.stringMatching(/left alone/),
  });
});
