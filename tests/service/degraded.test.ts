import { afterEach, describe, expect, test } from 'vitest';
import { HashEmbedder } from '../../adapters/embedder/hash/hash-embedder.ts';
import { ChlError } from '../../src/core/errors.ts';
import type { Embedder, EmbedRequest } from '../../src/core/ports/embedder.ts';
import type { IndexCollection } from '../../src/core/ports/index-host.ts';
import { parseRequest } from '../../src/service/contract/errors.ts';
import { readRequest } from '../../src/service/contract/read.ts';
import { duplicatesRequest, searchRequest } from '../../src/service/contract/search.ts';
import { deleteRequest, writeRequest } from '../../src/service/contract/write.ts';
import { plainContext } from '../../src/service/request-context.ts';
import { openServices, type OpenOptions, type OpenServices } from './support/open-services.ts';
import { ManualClock } from './support/runtime.ts';

let open: OpenServices;
afterEach(() => open.close());

const ada = plainContext('ada');
const WRITE = parseRequest(writeRequest, {
  entity_type: 'experience',
  category_code: 'API',
  data: { section: 'useful', title: 'Retry uploads', playbook: 'Keep the key.' },
});
const SEARCH = parseRequest(searchRequest, { query: 'retry uploads' });
const READ = parseRequest(readRequest, { entity_type: 'experience', query: 'retry uploads' });
const SIMILAR = parseRequest(duplicatesRequest, {
  entity_type: 'experience',
  title: 'Retry uploads',
  content: 'Keep the key.',
});

/** The real index with a switch that takes it away. */
async function withSwitchedIndex(
  options: OpenOptions = {},
): Promise<{ away: boolean; hangs: boolean; deaf: boolean }> {
  const state = { away: false, hangs: false, deaf: false };
  open = await openServices({
    ...options,
    wrap: (collection): IndexCollection =>
      new Proxy(collection, {
        get(target, name) {
          if (name === 'search' && state.hangs) return () => new Promise(() => undefined);
          if ((state.away && name === 'search') || ((state.away || state.deaf) && name === 'apply')) {
            return () => Promise.reject(new ChlError('UNAVAILABLE', 'The index process is restarting.'));
          }
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
  });
  return state;
}

/** The hash embedder, whose next answers a test may replace. */
class SwitchedEmbedder extends HashEmbedder implements Embedder {
  instead: ((request: EmbedRequest) => Promise<Float32Array>) | null = null;

  override embed(request: EmbedRequest): Promise<Float32Array> {
    return this.instead === null ? super.embed(request) : this.instead(request);
  }
}

class DistantEmbedder extends SwitchedEmbedder {
  override readonly local = false as true; // declared `true` by the built-in one; this one plays a remote one
}

describe('without an index', () => {
  test('searches answer from the database by text, and say so', async () => {
    const index = await withSwitchedIndex();
    const { entry_id } = await open.services.entries.write(WRITE, ada);
    index.away = true;
    const found = await open.services.search.search(SEARCH, ada);
    expect(found).toMatchObject({
      mode: 'text',
      degraded: true,
      warnings: [expect.stringContaining('The index process is restarting.')],
    });
    expect(found.results).toMatchObject([
      {
        entity_id: entry_id,
        provider: 'fts5',
        reason: 'text_match',
        degraded: true,
        hint: expect.any(String),
      },
    ]);
    const read = await open.services.entries.read(READ, ada);
    expect(read.entries).toMatchObject([
      { id: entry_id, provider: 'fts5', degraded: true, provider_hint: expect.any(String) },
    ]);
  });

  test('writes are stored with a warning, and found by the index when it is back', async () => {
    const index = await withSwitchedIndex();
    index.away = true;
    const written = await open.services.entries.write(WRITE, ada);
    expect(written.warnings).toEqual([
      'Similar entries were not looked for: The index process is restarting.',
      expect.stringContaining('the index is not available'),
    ]);
    index.away = false;
    await open.services.entries.write({ ...WRITE, duplicates: 'skip' }, ada);
    const found = await open.services.search.search(SEARCH, ada);
    expect(found).toMatchObject({ degraded: false, count: 2 });
  });

  test('one that is behind never shows a deleted entry, and the page is filled with others', async () => {
    const index = await withSwitchedIndex();
    const written = [];
    for (let i = 0; i < 5; i += 1) written.push(await open.services.entries.write(WRITE, ada));
    index.deaf = true;
    const gone = written.slice(0, 2).map(({ entry_id }) => entry_id);
    for (const entry_id of gone) {
      await open.services.entries.remove(
        parseRequest(deleteRequest, { entity_type: 'experience', entry_id }),
        ada,
      );
    }
    const left = written.slice(2).map(({ entry_id }) => entry_id);
    const found = await open.services.search.search({ ...SEARCH, limit: 3 }, ada);
    expect(found.results.map(({ entity_id }) => entity_id)).toEqual(left);
    const read = await open.services.entries.read({ ...READ, limit: 3 }, ada);
    expect(read.entries.map(({ id }) => id)).toEqual(left);
  });

  test('the duplicate check has a budget; the write does not wait longer', async () => {
    const clock = new ManualClock();
    const index = await withSwitchedIndex({ clock });
    index.hangs = true;
    const writing = open.services.entries.write(WRITE, ada);
    while (clock.timers === 0) await new Promise(setImmediate);
    clock.advance(750);
    expect((await writing).warnings).toEqual([
      'Similar entries were not looked for: the check took longer than 750 ms',
    ]);
  });

  test('similar entries are not made up: the answer says they were not looked for', async () => {
    const index = await withSwitchedIndex();
    index.away = true;
    const answer = await open.services.search.duplicates(SIMILAR, ada);
    expect(answer).toMatchObject({ candidates: [], warnings: [expect.stringContaining('not looked for')] });
  });
});

describe('with an embedder that fails', () => {
  const wrong: readonly (readonly [string, (request: EmbedRequest) => Promise<Float32Array>])[] = [
    ['is away', () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7'))],
    ['answers NaN', ({ texts }) => Promise.resolve(new Float32Array(texts.length * 384).fill(Number.NaN))],
    [
      'answers Infinity',
      ({ texts }) => Promise.resolve(new Float32Array(texts.length * 384).fill(Number.POSITIVE_INFINITY)),
    ],
    [
      'answers the wrong length',
      ({ texts }) => Promise.resolve(new Float32Array(texts.length * 383).fill(1)),
    ],
    ['answers too few vectors', () => Promise.resolve(new Float32Array(0))],
    ['answers zeros', ({ texts }) => Promise.resolve(new Float32Array(texts.length * 384))],
  ];

  test.each(wrong)('%s: the entry is stored, pending, found by its words', async (_what, instead) => {
    const embedder = new SwitchedEmbedder();
    open = await openServices({ embedder });
    embedder.instead = instead;
    const written = await open.services.entries.write(WRITE, ada);
    expect(written.entry.embedding_status).toBe('pending');
    expect(written.warnings?.at(-1)).toMatch(/^The entry is found by its words only until it is embedded: /);
    expect(JSON.stringify(written)).not.toContain('ECONNREFUSED');
    const found = await open.services.search.search(SEARCH, ada);
    expect(found).toMatchObject({
      mode: 'text',
      degraded: true,
      count: 1,
      results: [{ provider: 'bm25', reason: 'text_match' }],
    });
    expect(await open.services.queue.status()).toMatchObject({ pending: 1, embedded: 0 });
  });

  test('a distant one that does not answer is not waited for longer than its deadline', async () => {
    const embedder = new DistantEmbedder();
    const clock = new ManualClock();
    open = await openServices({ embedder, clock });
    let aborted = false;
    embedder.instead = ({ signal }) =>
      new Promise(() => signal?.addEventListener('abort', () => (aborted = true)));
    const writing = open.services.entries.write(WRITE, ada);
    while (clock.timers === 0) await new Promise(setImmediate);
    clock.advance(5_000);
    expect((await writing).entry.embedding_status).toBe('pending');
    expect(aborted).toBe(true);
    expect((await open.services.health.check()).components.embedding_model).toEqual({
      status: 'degraded',
      detail: 'The embedder did not answer within 5000 ms.',
    });
  });
});

describe('health', () => {
  test('is healthy, degraded without an embedder, unhealthy without a database', async () => {
    const embedder = new SwitchedEmbedder();
    open = await openServices({ embedder });
    expect(await open.services.health.check()).toMatchObject({ status: 'healthy' });
    embedder.instead = () => Promise.reject(new Error('gone'));
    await open.services.entries.write(WRITE, ada);
    expect(await open.services.health.check()).toMatchObject({
      status: 'degraded',
      components: { database: { status: 'healthy' } },
    });
    await open.catalog.close();
    expect(await open.services.health.check()).toMatchObject({ status: 'unhealthy' });
    expect(await open.services.health.ready()).toMatchObject({ status: 'not_ready' });
  });
});
