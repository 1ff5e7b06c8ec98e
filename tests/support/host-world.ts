import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLibsqlCatalog } from '../../adapters/catalog/libsql/open.ts';
import type { LibsqlCatalog } from '../../adapters/catalog/libsql/options.ts';
import type { WriteOperation } from '../../src/core/ports/catalog.ts';
import type { CollectionSpec } from '../../src/core/ports/index-host.ts';
import type { ChangeBatch } from '../../src/core/ports/index-source.ts';
import { randomUnitVector, seededRandom } from './random-vectors.ts';

export const DIMENSION = 8;
const FINGERPRINT = `test@1/${DIMENSION}/unit`;

/** The unit vector that stands for entry `n`. */
export const vectorOf = (n: number): Float32Array => randomUnitVector(seededRandom(n), DIMENSION);

/** A database with entries and a folder for the index: what a host works on. */
export class HostWorld {
  readonly directory: string;
  readonly #catalog: LibsqlCatalog;

  private constructor(directory: string, catalog: LibsqlCatalog) {
    this.directory = directory;
    this.#catalog = catalog;
  }

  static async create(): Promise<HostWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'chl-host-'));
    const catalog = await openLibsqlCatalog({ path: join(directory, 'chl.db') });
    await catalog.bindFingerprint(FINGERPRINT);
    return new HostWorld(directory, catalog);
  }

  spec(overrides: Partial<CollectionSpec> = {}): CollectionSpec {
    return {
      name: 'entries',
      databaseUrl: this.#catalog.databaseUrl,
      databaseAuthToken: null,
      directory: join(this.directory, 'index'),
      fingerprint: FINGERPRINT,
      dimension: DIMENSION,
      backend: 'flat',
      indexKind: 'auto',
      scanKernel: 'auto',
      hnsw: { m: 16, efConstruction: 80, efSearch: 64 },
      hnswMinVectors: 1_000_000,
      growingMaxVectors: 1_000,
      savePolicy: 'immediate',
      saveIntervalMs: 300_000,
      rebuildThreshold: 0.1,
      ...overrides,
    };
  }

  /** Stores entries `from` to `to` (inclusive) as one group. @returns what the index has to apply */
  create(from: number, to: number): Promise<ChangeBatch> {
    const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    return this.#commit(
      numbers.map((n) => ({
        kind: 'create',
        actor: 'test',
        atMs: 1_790_000_000_000 + n,
        entry: {
          id: entryId(n),
          type: 'experience',
          categoryCode: n % 10 === 0 ? 'SEC' : 'TST',
          data: {
            section: 'useful',
            title: `Entry number${n}`,
            playbook: `Text of word${n}.`,
            context: null,
          },
          tags: [],
          ref: null,
          author: 'test',
          source: 'local',
        },
        embedding: { vector: vectorOf(n), fingerprint: FINGERPRINT, contentHash: `hash-${n}` },
        onRef: 'conflict',
      })),
    );
  }

  remove(...numbers: readonly number[]): Promise<ChangeBatch> {
    return this.#commit(
      numbers.map((n) => ({
        kind: 'delete',
        actor: 'test',
        atMs: 1_790_000_000_000,
        type: 'experience',
        entryId: entryId(n),
        expectedVersion: null,
      })),
    );
  }

  async dispose(): Promise<void> {
    await this.#catalog.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #commit(group: readonly WriteOperation[]): Promise<ChangeBatch> {
    const { outcomes, before, after } = await this.#catalog.writer.commit(group);
    const changes = outcomes.map((outcome) => {
      if (!outcome.ok) throw new Error(outcome.error.message);
      if (outcome.change === null) throw new Error('The write changed nothing.');
      return outcome.change;
    });
    return { afterSeq: before.seq, last: after, changes };
  }
}

const entryId = (n: number): string => `EXP-TST-${n}`;
