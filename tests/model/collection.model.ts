import { strict as assert } from 'node:assert';
import { FaultyFiles } from '../support/faulty-files.ts';
import type { IndexHits, IndexKindChoice, IndexSearch, SavePolicy } from '../../src/core/ports/index-host.ts';
import type { VectorBackend } from '../../src/core/ports/vector-backend.ts';
import { openCollection, searchFor, type CollectionFixture } from '../support/collection-fixture.ts';
import { MemorySource, type DocumentInput } from '../support/memory-source.ts';
import { randomUnitVector, seededRandom, type Random } from '../support/random-vectors.ts';
import { TestClock } from '../support/test-clock.ts';
import { AUTHORS, CATEGORIES, SECTIONS, TAGS, type Command } from './commands.ts';
import { ReferenceIndex } from './reference-index.ts';

export const DIMENSION = 16;
const WORDS = ['cache', 'retry', 'mutex', 'vector', 'token', 'schema', 'deploy', 'index', 'query', 'batch'];

export interface ModelOptions {
  readonly backend: VectorBackend;
  /** Vector mode must rank as the exact scan does; else only recall is asked for. */
  readonly isExact: boolean;
  readonly indexKind: IndexKindChoice;
  readonly savePolicy: SavePolicy;
}

/**
 * Runs commands against a collection and against a Map with an exact scan, and compares. Segments
 * are tiny, so that a hundred commands seal, merge and rebuild many times; the clock moves at every
 * look, so that long loops give way and searches run between their slices.
 */
export class CollectionModel {
  readonly #options: ModelOptions;
  readonly #source = new MemorySource(DIMENSION);
  readonly #reference = new ReferenceIndex(this.#source);
  #disk = new FaultyFiles();
  #index!: CollectionFixture;

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  async run(commands: readonly Command[]): Promise<void> {
    await this.#open(this.#disk);
    for (const command of commands) await this.#perform(command);
    await this.#checkEverything();
    await this.#index.collection.close();
    const errors = this.#index.logger.messages('error');
    assert.deepEqual(errors, []);
  }

  async #open(files: CollectionFixture['files']): Promise<void> {
    const { backend, indexKind, savePolicy } = this.#options;
    this.#index = await openCollection({
      spec: {
        dimension: DIMENSION,
        growingMaxVectors: 8,
        hnswMinVectors: 24,
        indexKind,
        savePolicy,
        rebuildThreshold: 0.3,
      },
      source: this.#source,
      files,
      backend,
      clock: new TestClock(3),
    });
    assert.equal(this.#index.collection.state, 'ready');
  }

  async #perform(command: Command): Promise<void> {
    const { collection } = this.#index;
    switch (command.do) {
      case 'add':
        for (let i = 0; i < command.count; i += 1) {
          await collection.apply(this.#source.create(someDocument(seededRandom(command.seed + i))));
        }
        return;
      case 'update':
        return this.#update(command);
      case 'delete':
        return this.#delete(command);
      case 'lose-batch':
        this.#source.create(someDocument(seededRandom(command.seed)));
        return;
      case 'search':
        return this.#search(command);
      case 'search-together':
        return this.#searchTogether(command);
      case 'rebuild': {
        // Not awaited at once: the searches below run between its slices.
        const rebuilt = collection.rebuild();
        await this.#checkSearch(seededRandom(1), {});
        await rebuilt;
        return;
      }
      case 'save':
        await collection.save();
        return;
      case 'reopen':
        await collection.close();
        return this.#open(this.#index.files);
      case 'crash':
        return this.#crash();
      default:
        command satisfies never;
    }
  }

  async #update({ entry, seed, embedded }: Extract<Command, { do: 'update' }>): Promise<void> {
    const key = this.#someKey(entry);
    if (key === undefined) return;
    const document = someDocument(seededRandom(seed));
    const batch = this.#source.update(key, embedded ? document : { ...document, vector: null });
    await this.#index.collection.apply(batch);
  }

  async #delete({ entry }: Extract<Command, { do: 'delete' }>): Promise<void> {
    const key = this.#someKey(entry);
    if (key !== undefined) await this.#index.collection.apply(this.#source.delete(key));
  }

  /** The power goes in the middle of whatever is under way; the disk keeps what was synced. */
  async #crash(): Promise<void> {
    this.#disk.crash();
    await this.#index.collection.close();
    const survived = this.#disk.survivingStates().next().value!;
    this.#disk = new FaultyFiles();
    for (const name of await survived.files.list()) {
      await this.#disk.write(name, [(await survived.files.read(name))!]);
      await this.#disk.sync(name);
    }
    await this.#disk.syncFolder();
    await this.#open(this.#disk);
  }

  async #search({ mode, seed, filter, limit }: Extract<Command, { do: 'search' }>): Promise<void> {
    await this.#checkSearch(seededRandom(seed), { mode, filter, limit });
  }

  async #checkSearch(random: Random, asked: Partial<IndexSearch>): Promise<void> {
    const query = await this.#queryOf(random, asked);
    this.#check(query, await this.#index.collection.search(query));
  }

  async #searchTogether({ seed, filters }: Extract<Command, { do: 'search-together' }>): Promise<void> {
    const random = seededRandom(seed);
    const queries: IndexSearch[] = [];
    for (const filter of filters) queries.push(await this.#queryOf(random, { filter, mode: 'hybrid' }));
    const { collection } = this.#index;
    // One turn of the event loop, one batch.
    const together = await Promise.all(queries.map((query) => collection.search(query)));
    for (const [i, query] of queries.entries()) assert.deepEqual(together[i], await collection.search(query));
  }

  async #queryOf(random: Random, asked: Partial<IndexSearch>): Promise<IndexSearch> {
    const text = `${pick(random, WORDS)} ${pick(random, WORDS)}`;
    const { seq } = await this.#source.horizon();
    return searchFor({ vector: randomUnitVector(random, DIMENSION), text, minSeq: seq, ...asked });
  }

  #check(query: IndexSearch, hits: IndexHits): void {
    const keys = [...hits.keys];
    assert.equal(new Set(keys).size, keys.length, 'an entry was answered twice');
    assert.ok(keys.length <= query.limit);
    const matching = new Map(
      this.#reference.matching(query.filter).map((document) => [document.key as number, document]),
    );
    keys.forEach((key, i) =>
      assert.equal(hits.seqs[i], matching.get(key)?.seq, `entry ${key} is dead, old or filtered out`),
    );
    const nearest = this.#reference.nearest(query.vector!, query.filter);
    const textual = this.#reference.withAnyWord(query.text!.split(' '), query.filter);
    switch (query.mode) {
      case 'vector':
        this.#checkNearest(keys, hits, nearest.slice(0, query.limit));
        break;
      case 'text':
        assert.equal(keys.length, Math.min(query.limit, textual.size), 'text hits');
        for (const key of keys) assert.ok(textual.has(key as never), `entry ${key} has none of the words`);
        break;
      case 'hybrid':
        assert.ok(
          keys.length >= Math.min(query.limit, Math.max(nearest.length, textual.size)),
          'hybrid came up short',
        );
        break;
      default:
        query.mode satisfies never;
    }
  }

  #checkNearest(
    keys: readonly number[],
    hits: IndexHits,
    expected: ReturnType<ReferenceIndex['nearest']>,
  ): void {
    assert.equal(keys.length, expected.length, 'vector search came up short');
    const wanted = expected.map(({ key }) => key as number);
    if (this.#options.isExact) {
      assert.deepEqual(keys, wanted);
      assert.deepEqual(
        [...hits.vectorScores],
        expected.map(({ cosine }) => cosine),
      );
      return;
    }
    const found = keys.filter((key) => wanted.includes(key)).length;
    assert.ok(found >= 0.8 * wanted.length, `recall ${found}/${wanted.length}`);
  }

  async #checkEverything(): Promise<void> {
    const { seq } = await this.#source.horizon();
    await this.#checkSearch(seededRandom(7), { limit: 1_000, minSeq: seq });
    const status = await this.#index.collection.status();
    assert.equal(status.documents, this.#source.documents.size);
    assert.equal(status.vectors, this.#source.vectorsById.size);
    assert.equal(status.lastSeq, seq);
  }

  #someKey(entry: number) {
    const keys = [...this.#source.documents.keys()];
    return keys.length === 0 ? undefined : keys[entry % keys.length];
  }
}

function someDocument(random: Random): DocumentInput {
  const isExperience = random() < 0.7;
  return {
    vector: random() < 0.9 ? randomUnitVector(random, DIMENSION) : null,
    type: isExperience ? 'experience' : 'skill',
    category: pick(random, CATEGORIES),
    section: isExperience ? pick(random, SECTIONS) : null,
    author: pick(random, AUTHORS),
    tags: TAGS.filter(() => random() < 0.4),
    text: {
      heading: pick(random, WORDS),
      body: `${pick(random, WORDS)} ${pick(random, WORDS)} ${pick(random, WORDS)}`,
    },
  };
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!;
}
