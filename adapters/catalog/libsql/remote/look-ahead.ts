import type { SkillData } from '../../../../src/core/entry.ts';
import type { WriteOperation } from '../../../../src/core/ports/catalog.ts';
import type { SqlReader } from '../sql-session.ts';
import { selectCategory } from '../tables/categories.ts';
import { readGroupStart } from '../tables/changes.ts';
import { embeddingOf } from '../tables/embeddings.ts';
import { entryById, entryByKey, entryByRef, entryExists, skillIdByName } from '../tables/entries.ts';
import { selectKey } from '../tables/idempotency-keys.ts';
import { readLeaseToken } from '../tables/leases.ts';
import { readFingerprint } from '../tables/meta.ts';
import type { PipelinedTransaction } from './pipelined-transaction.ts';

/** What an operation looks for and finds; of two that share one, the second must not trust what was read before the first. */
type Subjects = readonly string[];

/** Of an operation before or after which nothing that was read holds. */
const EVERYTHING = null;

/**
 * Asks in one round trip what a whole group will read, as far as its operations have nothing to do
 * with each other; from the first that has, again for the rest. It only saves round trips: what was
 * not asked here is asked when it is needed.
 */
export class LookAhead {
  readonly #transaction: PipelinedTransaction;
  readonly #operations: readonly WriteOperation[];
  /** The first operation whose answers are not known. */
  #until = 0;

  constructor(transaction: PipelinedTransaction, operations: readonly WriteOperation[]) {
    this.#transaction = transaction;
    this.#operations = operations;
  }

  async before(place: number): Promise<void> {
    if (place < this.#until) return;
    const rest = this.#operations.slice(place);
    const subjects = await this.#transaction.lookAhead(() =>
      Promise.all([
        readGroupStart(this.#transaction),
        Promise.all(rest.map((operation) => lookUp(this.#transaction, operation))),
      ]),
    );
    this.#until = place + countIndependent(subjects[1]);
  }
}

/** How many from the first on; the first one always, since nothing comes before it. */
function countIndependent(subjects: readonly (Subjects | typeof EVERYTHING)[]): number {
  const seen = new Set<string>();
  for (const [place, own] of subjects.entries()) {
    const depends = own === EVERYTHING || own.some((subject) => seen.has(subject));
    if (place > 0 && depends) return place;
    if (own === EVERYTHING) return 1;
    for (const subject of own) seen.add(subject);
  }
  return subjects.length;
}

/** Asks with the catalog's own look-ups, all of them before the first answer. */
async function lookUp(reader: SqlReader, operation: WriteOperation): Promise<Subjects | typeof EVERYTHING> {
  const [common, own] = await Promise.all([lookUpCommon(reader, operation), lookUpOwn(reader, operation)]);
  return own === EVERYTHING ? EVERYTHING : [...common, ...own];
}

async function lookUpCommon(reader: SqlReader, { idempotency, lease }: WriteOperation): Promise<Subjects> {
  await Promise.all([
    idempotency === undefined ? null : selectKey(reader, idempotency),
    lease === undefined ? null : readLeaseToken(reader, lease.name),
  ]);
  return idempotency === undefined ? [] : [`key:${idempotency.owner}:${idempotency.key}`];
}

async function lookUpOwn(
  reader: SqlReader,
  operation: WriteOperation,
): Promise<Subjects | typeof EVERYTHING> {
  switch (operation.kind) {
    case 'create': {
      const { id, type, categoryCode, ref, data } = operation.entry;
      const [free] = await Promise.all([
        lookUpUnique(reader, { ref, name: type === 'skill' ? (data as SkillData).name : null }),
        entryExists(reader, id),
        readFingerprint(reader),
        selectCategory(reader, categoryCode),
      ]);
      return [...free, idSubject(id)];
    }
    case 'update': {
      const { entryId, type, ref, data } = operation;
      const [free] = await Promise.all([
        lookUpUnique(reader, { ref, name: type === 'skill' ? (data as SkillData).name : null }),
        entryById(reader, type, entryId),
        embeddingOf(reader, entryId),
        readFingerprint(reader),
      ]);
      return [...free, idSubject(entryId)];
    }
    case 'delete':
      await entryById(reader, operation.type, operation.entryId);
      return [idSubject(operation.entryId)];
    case 'embed':
    case 'postpone-embedding': {
      const [entry] = await Promise.all([entryByKey(reader, operation.key), readFingerprint(reader)]);
      return entry === null ? [] : [idSubject(entry.id)];
    }
    case 'audit':
      return [];
    default:
      return EVERYTHING;
  }
}

/** What must be nobody else's. */
async function lookUpUnique(
  reader: SqlReader,
  { ref, name }: { readonly ref: string | null; readonly name: string | null },
): Promise<Subjects> {
  const [byRef, byName] = await Promise.all([
    ref === null ? null : entryByRef(reader, ref),
    name === null ? null : skillIdByName(reader, name),
  ]);
  return [
    ...(ref === null ? [] : [`ref:${ref}`]),
    ...(name === null ? [] : [`name:${name}`]),
    ...(byRef === null ? [] : [idSubject(byRef.id)]),
    ...(byName === null ? [] : [idSubject(byName)]),
  ];
}

const idSubject = (id: string): string => `id:${id}`;
