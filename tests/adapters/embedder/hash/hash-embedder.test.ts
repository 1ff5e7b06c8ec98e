import { expect, test, vi } from 'vitest';
import { HashEmbedder } from '../../../../adapters/embedder/hash/hash-embedder.ts';
import { embedderSuite } from '../../../conformance/embedder.suite.ts';
import { vitestRegistrar } from '../../../support/vitest-registrar.ts';

embedderSuite(vitestRegistrar, () => new HashEmbedder());

async function cosine(a: string, b: string): Promise<number> {
  const vectors = await new HashEmbedder().embed({
    texts: [a, b].map((body) => ({ heading: '', body })),
    role: 'passage',
  });
  return vectors.subarray(0, 384).reduce((sum, value, index) => sum + value * vectors[384 + index]!, 0);
}

// A change of these means a new revision of the fingerprint: stored vectors would not match new ones.
test('vectors of revision 1 stay what they are, on every runtime', async () => {
  const embedder = new HashEmbedder();
  const vector = await embedder.embed({
    texts: [{ heading: 'Café: docker-compose', body: 'Run `docker-compose up --build`, 東京.' }],
    role: 'passage',
  });
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(new Uint8Array(vector.buffer)));
  expect(Buffer.from(digest).toString('hex')).toMatchInlineSnapshot(
    `"7339c39a8362831661828e69f6dc749bd349e84f8212c1842b8703e1812b3a38"`,
  );
});

test('a misspelt word and another form of it stay near', async () => {
  expect(await cosine('encryption', 'encryptoin')).toBeGreaterThan(0.2);
  expect(await cosine('encryption', 'encrypted')).toBeGreaterThan(0.6);
  expect(Math.abs(await cosine('encryption', 'container'))).toBeLessThan(0.1);
});

test('the heading weighs more than the body', async () => {
  const embedder = new HashEmbedder();
  const vectors = await embedder.embed({
    texts: [
      { heading: 'backup', body: 'server' },
      { heading: 'server', body: 'backup' },
      { heading: '', body: 'backup' },
    ],
    role: 'passage',
  });
  const row = (index: number): Float32Array => vectors.subarray(index * 384, (index + 1) * 384);
  const dot = (a: Float32Array, b: Float32Array): number =>
    a.reduce((sum, value, index) => sum + value * b[index]!, 0);
  expect(dot(row(0), row(2))).toBeGreaterThan(dot(row(1), row(2)));
});

test('the dimension is an option and part of the fingerprint', async () => {
  const embedder = new HashEmbedder({ dimension: 128 });
  expect(embedder.fingerprint).toEqual({ name: 'hash', revision: '1', dimension: 128, normalised: true });
  expect(await embedder.embed({ texts: [{ heading: '', body: 'text' }], role: 'query' })).toHaveLength(128);
});

test('a text without a word has no direction', async () => {
  const vector = await new HashEmbedder().embed({ texts: [{ heading: '', body: '?!' }], role: 'query' });
  expect(vector.every((value) => value === 0)).toBe(true);
});

test.each([
  ['after 32 texts', 0, 3],
  // Looked at before each text of a slice but the first: the second look is late.
  ['sooner where they take long', 5, 49],
])('a batch lets others in %s', async (_, stepMs, turns) => {
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += stepMs));
  const timer = vi.spyOn(globalThis, 'setTimeout');
  try {
    const texts = Array.from({ length: 99 }, (__, number) => ({ heading: '', body: `zebra ${number}` }));
    await new HashEmbedder().embed({ texts, role: 'passage' });
    expect(timer).toHaveBeenCalledTimes(turns);
  } finally {
    clock.mockRestore();
    timer.mockRestore();
  }
});
