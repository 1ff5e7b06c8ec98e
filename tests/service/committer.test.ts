import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChlError } from '../../src/core/errors.ts';
import { ObservedMutex } from '../../src/core/locks/observed-mutex.ts';
import type { CatalogWriter, WriteOperation } from '../../src/core/ports/catalog.ts';
import type { ChangeBatch } from '../../src/core/ports/index-source.ts';
import { Committer } from '../../src/service/committer.ts';
import { DEFAULT_SERVICE_OPTIONS, type CommitterOptions } from '../../src/service/options.ts';
import { openServices, type OpenServices } from './support/open-services.ts';
import { ManualClock, RecordingLogger } from './support/runtime.ts';

let open: OpenServices;
let logger: RecordingLogger;
beforeEach(async () => {
  open = await openServices();
  logger = new RecordingLogger();
});
afterEach(() => open.close());

interface Setup {
  readonly options?: Partial<CommitterOptions>;
  /** Runs before the real commit. */
  readonly beforeCommit?: (group: readonly WriteOperation[]) => Promise<void>;
  readonly apply?: (batch: ChangeBatch) => Promise<void>;
}

/** The real writer and index; a test may hold a commit back or make a part fail. */
function committerOf({ options, beforeCommit, apply }: Setup = {}) {
  const groups: number[] = [];
  const writer: CatalogWriter = {
    async commit(group) {
      groups.push(group.length);
      await beforeCommit?.(group);
      return open.catalog.writer.commit(group);
    },
  };
  const committer = new Committer({
    writer,
    collection: { apply: apply ?? ((batch) => open.collection.apply(batch)) },
    lock: new ObservedMutex({ name: 'writer', clock: new ManualClock(), logger }),
    logger,
    options: { ...DEFAULT_SERVICE_OPTIONS.committer, ...options },
    onCommitted: () => undefined,
  });
  return { committer, groups };
}

const create = (name: string, ref: string | null = null): WriteOperation => ({
  kind: 'create',
  actor: 'ada',
  atMs: 0,
  onRef: 'conflict',
  embedding: { vector: null, fingerprint: 'hash@1/384/unit', contentHash: name, reason: 'none' },
  entry: {
    id: `EXP-API-${name}`,
    type: 'experience',
    categoryCode: 'API',
    data: { section: 'useful', title: name, playbook: name, context: null },
    tags: [],
    ref,
    author: 'ada',
    source: 'local',
  },
});

/** A door the test opens. */
function door(): { readonly open: () => void; readonly passed: Promise<void> } {
  let unlock = (): void => undefined;
  const passed = new Promise<void>((resolve) => (unlock = resolve));
  return { open: unlock, passed };
}

describe('group commit', () => {
  test('what waits while a group is on its way becomes the next group', async () => {
    const gate = door();
    const started = door();
    const { committer, groups } = committerOf({
      beforeCommit: async () => {
        started.open();
        await gate.passed;
      },
    });
    const first = committer.submit(create('0'));
    await started.passed;
    const others = Array.from({ length: 9 }, (_, i) => committer.submit(create(`${i + 1}`)));
    gate.open();
    const outcomes = await Promise.all([first, ...others]);
    expect(groups).toEqual([1, 9]);
    expect(outcomes.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect((await open.collection.status()).lastSeq).toBe(10);
  });

  test('groups are bounded by operations and by bytes', async () => {
    const few = committerOf({ options: { groupOperationsMax: 3 } });
    await Promise.all(Array.from({ length: 7 }, (_, i) => few.committer.submit(create(`a${i}`))));
    expect(few.groups).toEqual([3, 3, 1]);
    const small = committerOf({ options: { groupBytesMax: 1 } });
    await Promise.all(Array.from({ length: 2 }, (_, i) => small.committer.submit(create(`b${i}`))));
    expect(small.groups).toEqual([1, 1]);
  });

  test('a refused operation leaves its neighbours alone', async () => {
    const { committer, groups } = committerOf();
    const results = await Promise.allSettled([
      committer.submit(create('a', 'r')),
      committer.submit(create('b', 'r')),
      committer.submit(create('c')),
    ]);
    expect(groups).toEqual([3]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'CONFLICT' } });
  });

  test('a failed commit rejects its whole group, and the next one goes on', async () => {
    let fails = true;
    const { committer } = committerOf({
      beforeCommit: async () => {
        if (fails) throw new ChlError('OUTCOME_UNKNOWN', 'The commit failed.');
      },
    });
    const results = await Promise.allSettled([committer.submit(create('a')), committer.submit(create('b'))]);
    fails = false;
    expect(results).toMatchObject([
      { reason: { code: 'OUTCOME_UNKNOWN' } },
      { reason: { code: 'OUTCOME_UNKNOWN' } },
    ]);
    await expect(committer.submit(create('a'))).resolves.toMatchObject({ ok: true, indexed: true });
  });

  test('an index that is away does not fail the write; it is said and logged', async () => {
    const { committer } = committerOf({
      apply: () => Promise.reject(new ChlError('UNAVAILABLE', 'The index is opening.')),
    });
    await expect(committer.submit(create('a'))).resolves.toMatchObject({ ok: true, indexed: false });
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { seq: 1 } }]);
    await committerOf().committer.submit(create('b'));
    expect(await open.collection.status()).toMatchObject({ lastSeq: 2, documents: 2 });
  });
});

describe('bounds', () => {
  test('above the bound a write is refused with a time to come back', async () => {
    const gate = door();
    const { committer } = committerOf({
      options: { waitingOperationsMax: 2 },
      beforeCommit: () => gate.passed,
    });
    const taken = [committer.submit(create('a')), committer.submit(create('b'))];
    await expect(committer.submit(create('c'))).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: 1,
      retryable: true,
    });
    gate.open();
    await Promise.all(taken);
    await expect(committer.submit(create('c'))).resolves.toMatchObject({ ok: true });
  });

  test('closing finishes what was taken and refuses what comes after', async () => {
    const { committer } = committerOf();
    const taken = committer.submit(create('a'));
    await committer.close();
    await expect(taken).resolves.toMatchObject({ ok: true });
    await expect(committer.submit(create('b'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
