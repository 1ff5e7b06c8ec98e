import assert from 'node:assert/strict';
import type * as z from 'zod';
import type { Registrar } from '../conformance/registrar.ts';
import { change, changesResponse } from '../../src/service/contract/changes.ts';
import { exportLine } from '../../src/service/contract/write.ts';
import { type Client, experience } from './support/client.ts';

/** What goes over the wire line by line or event by event. */
export function streamsSuite(registrar: Registrar, client: () => Client): void {
  registrar.test('import answers line by line, goes on after a bad one, and is safe to repeat', async () => {
    const ref = crypto.randomUUID();
    const good = { ...experience('Imported', 'By a line'), ref };
    const lines = [
      good,
      '{"broken',
      { ...good, category_code: 'ZZZ', ref: `${ref}-2` },
      '',
      { ...good, ref: `${ref}-3` },
    ];
    const results = await client().import(lines);
    assert.deepEqual(
      results.map((line) => line['status']),
      ['created', 'error', 'error', 'created'],
    );
    assert.deepEqual(
      results.map((line) => line['line']),
      [1, 2, 3, 5],
    );
    const again = await client().import([good, { ...good, data: { ...good.data, title: 'Imported anew' } }]);
    assert.deepEqual(
      again.map((line) => line['status']),
      ['unchanged', 'updated'],
    );
  });

  registrar.test('export.ndjson is what import takes back', async () => {
    const response = await client().send('GET', '/api/v1/entries/export.ndjson');
    assert.equal(response.headers.get('Content-Type'), 'application/x-ndjson');
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => exportLine.parse(JSON.parse(line)));
    const withRef = lines.filter((line) => line.ref !== null);
    assert.ok(withRef.length > 0);
    const results = await client().import(withRef);
    assert.ok(
      results.every((line) => line['status'] === 'unchanged'),
      JSON.stringify(results.slice(0, 3)),
    );
  });

  registrar.test('changes are complete and in order, page by page and as events', async () => {
    const before = (await client().indexStatus()).last_seq;
    const ids = [];
    for (const n of [1, 2, 3])
      ids.push((await client().write(`Change ${n}`, `Change ${n}`, { duplicates: 'skip' })).entry_id);
    const page = await client().ok(
      changesResponse,
      client().send('GET', `/api/v1/changes?since=${before}&limit=2`),
    );
    assert.deepEqual(
      page.changes.map((one) => one.entry_id),
      ids.slice(0, 2),
    );
    assert.equal(page.has_more, true);

    const leave = new AbortController();
    const stream = await fetch(`${client().url}/api/v1/changes?since=0`, {
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(before) },
      signal: leave.signal,
    });
    assert.equal(stream.headers.get('Content-Type'), 'text/event-stream');
    const events = eventsOf(stream.body!);
    for (const id of ids) assert.equal((await events.next()).value?.entry_id, id);
    const later = await client().write('Change while one listens', 'Change', { duplicates: 'skip' });
    assert.equal((await events.next()).value?.entry_id, later.entry_id);
    leave.abort();
  });
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<z.output<typeof change>> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) yield change.parse(JSON.parse(data));
    }
  }
}
