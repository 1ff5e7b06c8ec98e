import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { changesResponse } from '../../src/service/contract/changes.ts';
import { historyResponse } from '../../src/service/contract/read.ts';
import { writeResponse } from '../../src/service/contract/write.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { Client, experience } from './support/client.ts';

const WRITE = '/api/v1/entries/write';
const UPDATE = '/api/v1/entries/update';
const DELETE = '/api/v1/entries/delete';
const RETENTION = 40;

let dataDir: string;
let server: TestServer;
let client: Client;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'chl-writes-'));
  await start();
});

afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  server = await startServer({
    runtime: 'node',
    dataDir,
    environment: {
      CHL_INDEX_BACKEND: 'flat',
      CHL_CHANGES_RETENTION: String(RETENTION),
      CHL_LOG_LEVEL: 'info',
    },
  });
  client = new Client(server.url);
}

const key = (value: string) => ({ 'Idempotency-Key': value });
const update = (entryId: string, title: string, more = {}) => ({
  entity_type: 'experience',
  category_code: 'TST',
  entry_id: entryId,
  updates: { title },
  ...more,
});
const removal = (entryId: string) => ({ entity_type: 'experience', entry_id: entryId });
const lastSeq = async (): Promise<number> => (await client.indexStatus()).last_seq;

describe('an Idempotency-Key', () => {
  test('gives the same answer for the same request, and one effect, also after kill -9', async () => {
    const body = experience('Once only', 'It must be there once.');
    const first = await client.ok(writeResponse, client.post(WRITE, body, key('once')));
    const before = await lastSeq();
    const second = await client.ok(writeResponse, client.post(WRITE, body, key('once')));
    assert.deepEqual(second.entry, first.entry);
    assert.equal(second.seq, first.seq);
    server.process.kill('SIGKILL');
    await once(server.process, 'exit');
    await start();
    const third = await client.ok(writeResponse, client.post(WRITE, body, key('once')));
    assert.equal(third.entry_id, first.entry_id);
    assert.equal(await lastSeq(), before);
  });

  test('is refused for another request, also of another kind', async () => {
    const { entry_id: id } = await client.ok(
      writeResponse,
      client.post(WRITE, experience('One', 'One'), key('other')),
    );
    const refused = await client.refused(client.post(WRITE, experience('Two', 'Two'), key('other')), 409);
    assert.equal(refused.error.code, 'CONFLICT');
    await client.refused(client.post(DELETE, removal(id), key('other')), 409);
    assert.equal((await client.send('GET', `/api/v1/entries/${id}`)).status, 200);
  });

  test('of requests that run at once makes them wait for the first answer', async () => {
    const body = experience('Many at once', 'Ten requests, one entry.');
    const before = await lastSeq();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => client.ok(writeResponse, client.post(WRITE, body, key('many')))),
    );
    assert.equal(new Set(answers.map(({ entry_id: id }) => id)).size, 1);
    assert.equal(await lastSeq(), before + 1);
  });

  test('works for updates and deletions: repeated, they neither fail nor happen again', async () => {
    const { entry_id: id } = await client.write('To change and delete', 'It has a short life.');
    for (const _ of [1, 2]) {
      const response = await client.post(UPDATE, update(id, 'Changed once'), key('update-1'));
      assert.equal(((await response.json()) as { entry: { version: number } }).entry.version, 2);
    }
    for (const _ of [1, 2])
      assert.equal((await client.post(DELETE, removal(id), key('delete-1'))).status, 200);
    await client.refused(client.post(DELETE, removal(id), key('delete-2')), 404);
  });
});

describe('a version', () => {
  test('that is not the entry’s is refused with 412, in the header and in the body', async () => {
    const { entry_id: id } = await client.write('Guarded', 'Only who has read it may change it.');
    assert.equal((await client.post(UPDATE, update(id, 'Second'), { 'If-Match': '"1"' })).status, 200);
    await client.refused(client.post(UPDATE, update(id, 'Lost'), { 'If-Match': '1' }), 412);
    await client.refused(client.post(UPDATE, update(id, 'Lost', { expected_version: 1 })), 412);
    await client.refused(client.post(DELETE, { ...removal(id), expected_version: 1 }), 412);
    assert.equal((await client.post(DELETE, removal(id), { 'If-Match': 'W/"2"' })).status, 200);
  });
});

describe('history', () => {
  test('tells every version of an entry, who made it, and also of one that is deleted', async () => {
    const { entry_id: id } = await client.write('First title', 'The first words.');
    await client.post(UPDATE, update(id, 'Second title'));
    await client.remove(id);
    const { history } = await client.ok(historyResponse, client.send('GET', `/api/v1/entries/${id}/history`));
    assert.deepEqual(
      history.map(({ op, version, data }) => [op, version, data['title']]),
      [
        ['create', 1, 'First title'],
        ['update', 2, 'Second title'],
        ['delete', 3, 'Second title'],
      ],
    );
    assert.ok(history.every(({ actor }) => actor === 'local'));
    await client.refused(client.send('GET', `/api/v1/entries/${id}`), 404);
    await client.refused(client.send('GET', '/api/v1/entries/EXP-TST-none/history'), 404);
  });
});

describe('changes', () => {
  test('are kept as far as is configured; from further back the answer is 410, as JSON and as events', async () => {
    for (let i = 0; i < RETENTION + 5; i += 1) {
      await client.write(`Change ${i}`, `Change ${i}`, { duplicates: 'skip' });
    }
    const last = await lastSeq();
    const events = { Accept: 'text/event-stream' };
    const gone = await client.refused(client.send('GET', '/api/v1/changes?since=0'), 410);
    assert.equal(gone.error.code, 'GONE');
    await client.refused(
      client.send('GET', '/api/v1/changes', undefined, { ...events, 'Last-Event-ID': '1' }),
      410,
    );
    const kept = await client.ok(
      changesResponse,
      client.send('GET', `/api/v1/changes?since=${last - RETENTION}&limit=1000`),
    );
    assert.deepEqual(
      kept.changes.map(({ seq }) => seq),
      Array.from({ length: RETENTION }, (_, i) => last - RETENTION + 1 + i),
    );
  });

  test('as events go on where a reader that was cut off has been', async () => {
    const since = await lastSeq();
    const ids: string[] = [];
    for (const n of [1, 2, 3])
      ids.push((await client.write(`Event ${n}`, `Event ${n}`, { duplicates: 'skip' })).entry_id);
    const first = await readEvents(since, 2);
    assert.deepEqual(
      first.map(({ entryId }) => entryId),
      ids.slice(0, 2),
    );
    const rest = readEvents(first[1]!.id, 2);
    const later = await client.write('Event 4', 'While it listens again.', { duplicates: 'skip' });
    assert.deepEqual(
      (await rest).map(({ entryId }) => entryId),
      [ids[2], later.entry_id],
    );
  });
});

describe('the audit', () => {
  test('names every act on the service itself, and who did it', async () => {
    await client.post('/admin/index/save', {});
    await client.post('/admin/index/rebuild', {});
    await client.post('/admin/compact', {});
    await (await client.post('/admin/backup', {})).arrayBuffer();
    const database = new Database(join(dataDir, 'chl.db'), { readonly: true });
    const rows = database.prepare('SELECT actor, action FROM audit ORDER BY audit_id').all() as Record<
      string,
      string
    >[];
    database.close();
    assert.deepEqual(
      rows.map(({ actor, action }) => `${actor} ${action}`),
      ['local index.save', 'local index.rebuild', 'local compact', 'local backup'],
    );
  });
});

/** Reads so many events after `since`, then leaves. */
async function readEvents(
  since: number | string,
  count: number,
): Promise<readonly { id: string; entryId: string }[]> {
  const stream = await fetch(`${client.url}/api/v1/changes`, {
    headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(since) },
  });
  const events: { id: string; entryId: string }[] = [];
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream.body!) {
    text += decoder.decode(chunk, { stream: true });
    for (const [whole, id, data] of text.matchAll(/id: (\d+:\d+)\nevent: change\ndata: (.*)\n\n/g)) {
      events.push({ id: id!, entryId: (JSON.parse(data!) as { entry_id: string }).entry_id });
      text = text.slice(text.indexOf(whole) + whole.length);
      // Returning cancels the stream.
      if (events.length === count) return events;
    }
  }
  throw new Error(`The stream ended after ${events.length} events.`);
}
