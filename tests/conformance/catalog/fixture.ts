import assert from 'node:assert/strict';
import type { Entry, EntryData, SkillData } from '../../../src/core/entry.ts';
import type { ErrorCode } from '../../../src/core/errors.ts';
import { asSeq } from '../../../src/core/ids.ts';
import type {
  Catalog,
  EmbeddingInput,
  Idempotency,
  NewEntry,
  WriteOperation,
  WriteOutcome,
} from '../../../src/core/ports/catalog.ts';
import type { IndexSource } from '../../../src/core/ports/index-source.ts';
import type { Registrar } from '../registrar.ts';

/** A database of its own for one test, fresh, with the seeded categories. */
export interface CatalogFixture {
  readonly catalog: Catalog;
  readonly openSource: (fingerprint: string) => Promise<IndexSource>;
  /** Closes the catalog and opens the same database again. */
  readonly reopen: () => Promise<Catalog>;
  readonly dispose: () => Promise<void>;
}

export type CatalogFactory = () => Promise<CatalogFixture>;

export type CatalogTest = (name: string, body: (fixture: CatalogFixture) => Promise<void>) => void;

export function catalogTest(registrar: Registrar, create: CatalogFactory): CatalogTest {
  return (name, body) =>
    registrar.test(name, async () => {
      const fixture = await create();
      try {
        await body(fixture);
      } finally {
        await fixture.dispose();
      }
    });
}

export const FINGERPRINT = 'test@1/4/unit';
const AT_MS = 1_700_000_000_000;
const common = { actor: 'tester', atMs: AT_MS };

export type CreateOperation = Extract<WriteOperation, { readonly kind: 'create' }>;

/** The vector and hash of a text, by a number that stands for the text. */
export function embedded(text: number): EmbeddingInput {
  return { vector: vectorOf(text), fingerprint: FINGERPRINT, contentHash: `text-${text}` };
}

export function unembedded(text: number): EmbeddingInput {
  return { vector: null, fingerprint: FINGERPRINT, contentHash: `text-${text}`, reason: 'embedder down' };
}

export function vectorOf(text: number): Float32Array {
  return Float32Array.of(text, text / 3, -text, 1);
}

export interface EntryOptions extends Partial<Omit<NewEntry, 'data' | 'type'>> {
  readonly title?: string;
  readonly body?: string;
  readonly section?: 'useful' | 'harmful' | 'contextual';
  readonly embedding?: EmbeddingInput;
  readonly onRef?: 'conflict' | 'update';
  readonly idempotency?: Idempotency;
  readonly atMs?: number;
}

/** @param number names the entry and stands for its text */
export function experience(number: number, options: EntryOptions = {}): CreateOperation {
  const data: EntryData = {
    section: options.section ?? 'useful',
    title: options.title ?? `title ${number}`,
    playbook: options.body ?? `playbook ${number}`,
    context: null,
  };
  return createOf(number, 'experience', `EXP-TST-${number}`, data, options);
}

export function skill(
  number: number,
  options: EntryOptions & { readonly data?: Partial<SkillData> } = {},
): CreateOperation {
  const data: SkillData = {
    name: `skill-${number}`,
    description: `description ${number}`,
    content: options.body ?? `content ${number}`,
    license: null,
    compatibility: null,
    metadata: null,
    allowed_tools: null,
    model: null,
    ...options.data,
  };
  return createOf(number, 'skill', `SKL-TST-${number}`, data, options);
}

function createOf(
  number: number,
  type: 'experience' | 'skill',
  id: string,
  data: EntryData,
  options: EntryOptions,
): CreateOperation {
  return {
    kind: 'create',
    ...common,
    atMs: options.atMs ?? AT_MS,
    entry: {
      id: options.id ?? id,
      type,
      categoryCode: options.categoryCode ?? 'TST',
      data,
      tags: options.tags ?? [],
      ref: options.ref ?? null,
      author: options.author ?? 'ada',
      source: options.source ?? 'local',
    },
    embedding: options.embedding ?? embedded(number),
    onRef: options.onRef ?? 'conflict',
    ...(options.idempotency === undefined ? {} : { idempotency: options.idempotency }),
  };
}

export interface UpdateOptions {
  readonly data?: Partial<EntryData>;
  readonly tags?: readonly string[];
  readonly ref?: string | null;
  readonly baseVersion?: number;
  readonly embedding: EmbeddingInput;
  readonly idempotency?: Idempotency;
}

export function update(entry: Entry, options: UpdateOptions): WriteOperation {
  return {
    kind: 'update',
    ...common,
    atMs: AT_MS + 1000,
    type: entry.type,
    entryId: entry.id,
    data: { ...entry.data, ...options.data },
    tags: options.tags ?? entry.tags,
    ref: options.ref === undefined ? entry.ref : options.ref,
    baseVersion: options.baseVersion ?? entry.version,
    embedding: options.embedding,
    ...(options.idempotency === undefined ? {} : { idempotency: options.idempotency }),
  };
}

export function remove(entry: Entry, expectedVersion: number | null = null): WriteOperation {
  return { kind: 'delete', ...common, type: entry.type, entryId: entry.id, expectedVersion };
}

export function embed(entry: Entry, text: number, baseVersion = entry.version): WriteOperation {
  const { fingerprint, contentHash } = embedded(text);
  return {
    kind: 'embed',
    ...common,
    key: entry.key,
    baseVersion,
    vector: vectorOf(text),
    fingerprint,
    contentHash,
  };
}

export function category(code: string): WriteOperation {
  return {
    kind: 'create-category',
    ...common,
    category: { code, name: code.toLowerCase(), description: code },
  };
}

export type Success = Extract<WriteOutcome, { readonly ok: true }>;

/** Commits a group and answers its outcomes. */
export async function write(
  catalog: Catalog,
  ...group: readonly WriteOperation[]
): Promise<readonly WriteOutcome[]> {
  const { outcomes } = await catalog.writer.commit(group);
  assert.equal(outcomes.length, group.length);
  return outcomes;
}

/** One operation that has to succeed. */
export async function done(catalog: Catalog, operation: WriteOperation): Promise<Success> {
  const [outcome] = await write(catalog, operation);
  assert.ok(outcome?.ok, `refused: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** The entry after an operation that has to succeed. */
export async function stored(catalog: Catalog, operation: WriteOperation): Promise<Entry> {
  const { entry } = await done(catalog, operation);
  assert.ok(entry !== null);
  return entry;
}

export async function refused(catalog: Catalog, operation: WriteOperation, code: ErrorCode): Promise<void> {
  const [outcome] = await write(catalog, operation);
  assert.ok(outcome !== undefined && !outcome.ok, 'it was not refused');
  assert.equal(outcome.error.code, code, outcome.error.message);
}

export async function byId(catalog: Catalog, id: string): Promise<Entry | null> {
  const [entry] = await catalog.reader.entriesByIds([id]);
  return entry ?? null;
}

/** Every change there is; the feed has to be dense. */
export async function wholeFeed(catalog: Catalog) {
  const feed = await catalog.reader.changes(asSeq(0), 10_000);
  assert.deepEqual(
    feed.map((change) => change.seq),
    feed.map((_, index) => index + 1),
    'the feed has a gap',
  );
  return feed;
}
