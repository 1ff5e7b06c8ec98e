import assert from 'node:assert/strict';
import type { EntryText } from '../../src/core/entry.ts';
import { asDocNo } from '../../src/core/ids.ts';
import type { DocSet, TextIndex } from '../../src/core/ports/text-index.ts';
import { seededRandom } from '../support/random-vectors.ts';
import type { Registrar } from './registrar.ts';

const SEED = 20_240_607;

/** What every implementation of the `TextIndex` port promises. */
export function textIndexSuite(registrar: Registrar, create: () => TextIndex): void {
  const indexOf = (...bodies: readonly string[]): TextIndex => {
    const index = create();
    bodies.forEach((body, doc) => index.add(asDocNo(doc), text(body)));
    return index;
  };
  rankingSuite(registrar, create, indexOf);
  wordingSuite(registrar, indexOf);
  changeSuite(registrar, create, indexOf);
}

type IndexOf = (...bodies: readonly string[]) => TextIndex;

function rankingSuite(registrar: Registrar, create: () => TextIndex, indexOf: IndexOf): void {
  registrar.test('finds the documents that have a word of the query, best first', () => {
    const index = indexOf('restart the server', 'restart the server and restart the cache', 'a poem');
    const { scores } = index.search('restart cache', 10);
    assert.deepEqual(found(index, 'restart cache'), [1, 0]);
    assert.ok(scores[0]! > scores[1]!);
    assert.ok(scores.every((score) => score > 0));
  });

  registrar.test('a word of the heading weighs more than one of the body', () => {
    const index = create();
    index.add(asDocNo(0), { heading: 'Server', body: 'backup of things' });
    index.add(asDocNo(1), { heading: 'Backup', body: 'server of things' });
    assert.deepEqual(found(index, 'backup'), [1, 0]);
  });

  registrar.test('a rare word weighs more than a common one', () => {
    const index = indexOf('server log', 'server cache', 'server disk', 'quorum log');
    assert.equal(found(index, 'server quorum')[0], 3);
  });

  registrar.test('equal documents are answered by ascending slot', () => {
    const index = indexOf(...Array.from({ length: 20 }, () => 'the same text'));
    assert.deepEqual(found(index, 'text', 5), [0, 1, 2, 3, 4]);
  });

  registrar.test('a smaller k is the beginning of a greater one', () => {
    const index = indexOf(...randomBodies(300));
    const all = found(index, 'alpha beta gamma', 200);
    for (const k of [1, 7, 50, 120]) assert.deepEqual(found(index, 'alpha beta gamma', k), all.slice(0, k));
  });

  registrar.test('filters before it counts to k', () => {
    const bodies = Array.from({ length: 500 }, (_, doc) =>
      doc % 100 === 0 ? 'alpha among other words' : 'alpha',
    );
    const accept: DocSet = new Set([0, 100, 200, 300, 400]);
    assert.deepEqual(found(indexOf(...bodies), 'alpha', 5, accept), [0, 100, 200, 300, 400]);
  });

  registrar.test('answers alike whether a filter lists its members or not', () => {
    const index = indexOf(...randomBodies(3_000));
    index.remove(asDocNo(7));
    const random = seededRandom(SEED + 2);
    for (const share of [0, 0.001, 0.01, 0.1, 0.9]) {
      const members = Array.from({ length: 3_000 }, (_, doc) => doc).filter(() => random() < share);
      const docs = Uint32Array.from([7, ...members.filter((doc) => doc !== 7)]).toSorted();
      const asked: DocSet = new Set<number>(docs);
      const listed: DocSet = { docs, size: docs.length, has: (doc) => asked.has(doc) };
      for (const query of ['xi', 'alpha nu', 'lambda beta gamma xi', 'mu nu xi kappa']) {
        for (const k of [1, 100, 3_000]) {
          assert.deepEqual(index.search(query, k, listed), index.search(query, k, asked));
        }
      }
    }
  });

  registrar.test('many documents: the best few are the beginning of all', () => {
    const index = indexOf(...randomBodies(3_000));
    for (const query of [
      'xi',
      'alpha xi',
      'alpha beta nu',
      'delta nu gamma alpha beta',
      'alpha beta alpga',
    ]) {
      const all = index.search(query, 3_000);
      for (const k of [1, 60, 200]) {
        const best = index.search(query, k);
        assert.deepEqual(best.docs, all.docs.slice(0, k));
        assert.deepEqual(best.scores, all.scores.slice(0, k));
      }
    }
  });

  registrar.test('scoreMax bounds every score and counts words that no document has', () => {
    const index = indexOf('alpha', 'alpha beta', 'gamma');
    const known = index.search('alpha beta', 10);
    const withUnknown = index.search('alpha beta xylophone', 10);
    assert.ok(known.scores[0]! < known.scoreMax);
    assert.ok(withUnknown.scoreMax > known.scoreMax);
    assert.equal(withUnknown.scores[0], known.scores[0]);
  });

  registrar.test('answers nothing for nothing', () => {
    assert.deepEqual(found(create(), 'alpha'), []);
    const index = indexOf('alpha');
    for (const query of ['', '   ', '?!"*()', 'zzzzzz']) assert.deepEqual(found(index, query), []);
  });
}

function wordingSuite(registrar: Registrar, indexOf: IndexOf): void {
  const findsAll: readonly (readonly [string, string, readonly string[]])[] = [
    ['forms of a word', 'Compressing directories', ['compress directory', 'compressed', 'COMPRESSES']],
    [
      'technical names whole and by parts',
      'run docker-compose up with git_rebase',
      [
        'docker-compose',
        'docker',
        'compose',
        'docker_compose',
        'dockerCompose',
        'git_rebase',
        'rebase',
        'git-rebase',
      ],
    ],
    [
      'names in camel case',
      'call getHttpResponse of XMLHttpRequest',
      ['getHttpResponse', 'response', 'get_http_response', 'request', 'xmlhttprequest'],
    ],
    ['versions', 'released as v1.2 today', ['v1.2', 'V1.2']],
    ['options', 'tar --no-recursion -C dir', ['--no-recursion', 'recursion', 'no-recursion', '-C']],
    ['names that end in a sign', 'written in C++ and C#', ['c++', 'C#']],
    ['accents and compatibility forms', 'ｃａｆé Straße', ['café', 'cafe', 'CAFÉ', 'straße']],
    ['Japanese', '東京都で検索エンジンを作る', ['検索', '東京', 'エンジン', '京']],
    ['Chinese and Korean', '全文搜索引擎 한국어 검색', ['搜索', '引擎', '검색']],
    ['Cyrillic', 'Перезапуск сервера', ['сервера', 'ПЕРЕЗАПУСК']],
    [
      'one slip of the keyboard',
      'encryption of repositories',
      ['encrxption', 'encryptin', 'encrypttion', 'encryptoin', 'repositoies'],
    ],
  ];
  for (const [what, body, queries] of findsAll) {
    registrar.test(`finds ${what}`, () => {
      const index = indexOf(body, 'something else entirely');
      for (const query of queries) assert.deepEqual(found(index, query), [0], query);
    });
  }

  registrar.test('words of grammar alone still find the documents that have them', () => {
    const index = indexOf('to be or not to be', 'sleep');
    assert.deepEqual(found(index, 'to be'), [0]);
    assert.deepEqual(found(index, 'the sleep of the'), [1]);
  });

  registrar.test('a correct word is not corrected', () => {
    assert.deepEqual(found(indexOf('print the form', 'print the farm'), 'form'), [0]);
  });

  registrar.test('user text has no operators', () => {
    const index = indexOf('alpha beta', 'gamma');
    for (const query of [
      '"alpha',
      'alpha*',
      'alpha NOT beta',
      'heading:alpha',
      '(alpha',
      'alpha^2',
      "alpha'; --",
    ]) {
      assert.equal(found(index, query)[0], 0, query);
    }
  });

  registrar.test('a huge query costs a bounded amount of work', () => {
    const index = indexOf('alpha', 'beta');
    const huge = `alpha ${Array.from({ length: 200_000 }, (_, n) => `w${n}`).join(' ')}`;
    assert.deepEqual(found(index, huge), [0]);
  });
}

function changeSuite(registrar: Registrar, create: () => TextIndex, indexOf: IndexOf): void {
  registrar.test('a removed document is not found, and its words do not count any more', () => {
    const index = indexOf('alpha beta', 'alpha gamma');
    index.remove(asDocNo(0));
    index.remove(asDocNo(0));
    assert.equal(index.documentCount, 1);
    assert.deepEqual(found(index, 'alpha beta'), [1]);
    assert.deepEqual(found(index, 'beta'), []);
    index.add(asDocNo(2), text('beta again'));
    assert.deepEqual(found(index, 'beta'), [2]);
  });

  registrar.test('slots may be added with gaps', () => {
    const index = create();
    index.add(asDocNo(5000), text('alpha'));
    index.add(asDocNo(3), text('alpha'));
    assert.deepEqual(found(index, 'alpha'), [3, 5000]);
  });

  registrar.test('removals and compaction leave what a fresh index of the rest would answer', () => {
    const bodies = randomBodies(200);
    const random = seededRandom(SEED + 1);
    const kept = bodies.map(() => random() < 0.6);
    const index = indexOf(...bodies);
    kept.forEach((keep, doc) => {
      if (!keep) index.remove(asDocNo(doc));
    });
    const fresh = indexOf(...bodies.filter((_, doc) => kept[doc]));
    let next = 0;
    const renumbered = Int32Array.from(kept, (keep) => (keep ? next++ : -1));
    const before = index.search('alpha beta delta', 50);
    compact(index, renumbered);
    const after = index.search('alpha beta delta', 50);
    assert.deepEqual(after, fresh.search('alpha beta delta', 50));
    assert.deepEqual(
      after.docs,
      before.docs.map((doc) => renumbered[doc]!),
    );
    index.add(asDocNo(next), text('omicron'));
    assert.deepEqual(found(index, 'omicron'), [next]);
    assert.equal(index.documentCount, next + 1);
  });

  registrar.test('an index that is being compacted is searched, added to and removed from', () => {
    const index = indexOf('alpha beta', 'gamma gone', 'alpha delta');
    index.remove(asDocNo(1));
    const compaction = index.compaction();
    compaction.keep(asDocNo(0), asDocNo(0));
    assert.deepEqual(found(index, 'alpha'), [0, 2]);
    compaction.keep(asDocNo(2), asDocNo(1));
    while (compaction.tidy());
    // A word that was dropped comes back, and one that was never there comes.
    index.add(asDocNo(3), text('gone omicron'));
    index.remove(asDocNo(0));
    compaction.keep(asDocNo(3), asDocNo(2));
    while (compaction.tidy());
    compaction.finish();
    index.remove(asDocNo(0));
    assert.deepEqual(found(index, 'alpha'), [1]);
    assert.deepEqual(found(index, 'gone'), [2]);
    assert.deepEqual(found(index, 'omicron'), [2]);
    assert.deepEqual(found(index, 'gamma'), []);
    assert.equal(index.documentCount, 2);
  });
}

function compact(index: TextIndex, renumbered: Int32Array): void {
  const compaction = index.compaction();
  renumbered.forEach((slot, doc) => {
    if (slot >= 0) compaction.keep(asDocNo(doc), asDocNo(slot));
  });
  while (compaction.tidy());
  compaction.finish();
}

function text(body: string): EntryText {
  return { heading: '', body };
}

function found(index: TextIndex, query: string, k = 10, accept?: DocSet): readonly number[] {
  return [...index.search(query, k, accept).docs];
}

/** Texts of 3 to 12 words, common ones more often than rare ones. */
function randomBodies(count: number): readonly string[] {
  const words = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi'.split(' ');
  const random = seededRandom(SEED);
  const word = (): string => words[Math.floor(random() ** 2 * words.length)]!;
  return Array.from({ length: count }, () =>
    Array.from({ length: 3 + Math.floor(random() * 10) }, word).join(' '),
  );
}
