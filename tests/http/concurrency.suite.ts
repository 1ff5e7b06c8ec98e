import assert from 'node:assert/strict';
import type { Registrar } from '../conformance/registrar.ts';
import { rebuildResponse, rebuildStartedResponse } from '../../src/service/contract/admin.ts';
import { updateResponse } from '../../src/service/contract/write.ts';
import { Client, eventually, experience } from './support/client.ts';

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

/** A word that nothing else in the index holds. */
const newWord = (): string => `w${crypto.randomUUID().replaceAll('-', '')}`;

/** Many clients, one index: what one of them acknowledged holds for all of them, at once. */
export function concurrencySuite(registrar: Registrar, baseUrl: () => string): void {
  const client = (): Client => new Client(baseUrl());
  const found = async (by: Client, query: string, mode?: string): Promise<readonly string[]> => {
    const { entries } = await by.read({ query, limit: 10, ...(mode === undefined ? {} : { mode }) });
    return entries.map((entry) => entry.id);
  };

  registrar.test('10 simultaneous readers get identical answers', async () => {
    const word = newWord();
    for (const n of [1, 2, 3, 4, 5])
      await client().write(`${word} number ${n}`, `About ${word}, part ${n}`, { duplicates: 'skip' });
    const answers = await times(10, () => client().read({ query: `${word} part`, limit: 20 }));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.ok(answers[0]!.count >= 5);
  });

  registrar.test(
    '5 simultaneous writers: every entry has its own id and is found by another client',
    async () => {
      const words = Array.from({ length: 5 }, newWord);
      const written = await Promise.all(
        words.map((word) => client().write(`Writer ${word}`, `Wrote ${word}`)),
      );
      assert.equal(new Set(written.map((one) => one.entry_id)).size, 5);
      assert.equal(new Set(written.map((one) => one.seq)).size, 5);
      for (const [index, word] of words.entries()) {
        assert.equal((await found(client(), word))[0], written[index]!.entry_id);
      }
    },
  );

  registrar.test('5 readers and 5 writers at once: all succeed, and every write is there', async () => {
    const words = Array.from({ length: 5 }, newWord);
    const [written] = await Promise.all([
      times(5, (n) =>
        times(10, (i) =>
          client().write(`Mixed ${words[n]} ${i}`, `Load ${words[n]} ${i}`, { duplicates: 'skip' }),
        ),
      ),
      times(5, () => times(10, () => client().read({ query: 'mixed load' }))),
    ]);
    for (const [n, word] of words.entries()) {
      const ids = new Set((await client().read({ query: word, limit: 20 })).entries.map((entry) => entry.id));
      for (const { entry_id } of written[n]!) assert.ok(ids.has(entry_id), `${entry_id} is found by ${word}`);
    }
  });

  registrar.test(
    'what one client writes, another finds at once, by meaning and by words, without a pause',
    async () => {
      const [writer, reader] = [client(), client()];
      for (let round = 0; round < 20; round++) {
        const word = newWord();
        const { entry_id } = await writer.write(`Round ${word}`, `Immediately searchable ${word}`, {
          duplicates: 'skip',
        });
        for (const mode of ['hybrid', 'vector', 'text'])
          assert.equal((await found(reader, word, mode))[0], entry_id, mode);
      }
    },
  );

  registrar.test('an update changes what is found', async () => {
    const [before, after] = [newWord(), newWord()];
    const { entry_id } = await client().write(`Old ${before}`, `Old ${before}`, { duplicates: 'skip' });
    await client().ok(
      updateResponse,
      client().post('/api/v1/entries/update', {
        entity_type: 'experience',
        category_code: 'TST',
        entry_id,
        updates: { title: `New ${after}`, playbook: `New ${after}` },
      }),
    );
    for (const mode of ['hybrid', 'vector', 'text'])
      assert.equal((await found(client(), after, mode))[0], entry_id, mode);
    assert.ok(!(await found(client(), before, 'text')).includes(entry_id), 'the old words find it no more');
  });

  registrar.test('two updates at once on the same version: one wins, the other gets 412', async () => {
    const { entry_id } = await client().write(`Contended ${newWord()}`, 'Contended', { duplicates: 'skip' });
    const outcomes = await times(2, async (n) => {
      const body = {
        entity_type: 'experience',
        category_code: 'TST',
        entry_id,
        updates: { playbook: `Version of ${n}` },
      };
      const response = await client().post('/api/v1/entries/update', body, { 'If-Match': '1' });
      await response.text();
      return response.status;
    });
    assert.deepEqual(
      outcomes.toSorted((a, b) => a - b),
      [200, 412],
    );
  });

  registrar.test('an idempotency key makes one entry of five simultaneous requests', async () => {
    const body = experience(`Once ${newWord()}`, 'Only once', { duplicates: 'skip' });
    const key = newWord();
    const ids = await times(5, async () => {
      const response = await client().post('/api/v1/entries/write', body, { 'Idempotency-Key': key });
      return ((await response.json()) as { entry_id: string }).entry_id;
    });
    assert.equal(new Set(ids).size, 1, ids.join());
    const other = await client().post(
      '/api/v1/entries/write',
      { ...body, tags: ['other'] },
      { 'Idempotency-Key': key },
    );
    await client().refused(other, 409);
  });

  registrar.test('what was deleted is never found again, not even during a rebuild', async () => {
    const word = newWord();
    const written = await times(30, (n) =>
      client().write(`${word} ${n}`, `Doomed ${word} ${n}`, { duplicates: 'skip' }),
    );
    const deleted = new Set<string>();
    const rebuild = client().post('/admin/index/rebuild', {});
    for (const { entry_id } of written) {
      await client().remove(entry_id);
      deleted.add(entry_id);
      for (const mode of ['hybrid', 'vector']) {
        const hits = await found(client(), word, mode);
        assert.deepEqual(
          hits.filter((id) => deleted.has(id)),
          [],
          `during the rebuild, by ${mode}`,
        );
      }
    }
    await client().ok(rebuildResponse, rebuild);
    for (const mode of ['hybrid', 'vector', 'text']) {
      assert.deepEqual(
        (await found(client(), word, mode)).filter((id) => deleted.has(id)),
        [],
        `after it, by ${mode}`,
      );
    }
  });

  registrar.test('what was written during a rebuild is found after it', async () => {
    const words = Array.from({ length: 10 }, newWord);
    const rebuild = client().post('/admin/index/rebuild', {});
    const written = await Promise.all(
      words.map((word) => client().write(`Meanwhile ${word}`, word, { duplicates: 'skip' })),
    );
    await client().ok(rebuildResponse, rebuild);
    for (const [n, word] of words.entries())
      assert.equal((await found(client(), word, 'vector'))[0], written[n]!.entry_id);
  });

  registrar.test('a rebuild by hand: the vectors are all there, no tombstone is left', async () => {
    const report = await client().ok(rebuildResponse, client().post('/admin/index/rebuild/', {}));
    const status = await client().indexStatus();
    assert.equal(report.vectors_count, status.index_size);
    assert.equal(status.tombstones, 0);
    const started = await client().ok(
      rebuildStartedResponse,
      client().post('/admin/index/rebuild?wait=false', {}),
      202,
    );
    assert.equal(started.status, 'started');
    await eventually(
      () => client().indexStatus(),
      (now) => !now.rebuild.running && now.counters.rebuilds > status.counters.rebuilds,
    );
  });

  registrar.test('11% deletions start a rebuild by themselves', async () => {
    await client().import(
      Array.from({ length: 300 }, (_, n) => ({
        ...experience(`Ballast ${n}`, `Ballast number ${n} of many`),
        ref: `ballast-${n}`,
      })),
    );
    const before = await client().indexStatus();
    const doomed = Math.ceil(before.index_size * 0.115);
    const { entries } = await client().read({ category_code: 'TST', limit: 1000 });
    assert.ok(entries.length >= doomed, `${entries.length} entries of ${before.index_size}`);
    await Promise.all(entries.slice(0, doomed).map((entry) => client().remove(entry.id)));
    const after = await eventually(
      () => client().indexStatus(),
      (now) => now.counters.rebuilds > before.counters.rebuilds && !now.rebuild.running,
    );
    assert.ok(after.tombstone_ratio < 0.1, `${after.tombstone_ratio}`);
    assert.equal(after.needs_rebuild, false);
    assert.equal(after.index_size, before.index_size - doomed);
  });
}
