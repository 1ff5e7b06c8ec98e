import { ChlError } from '../../../../src/core/errors.ts';
import type { EntityType, Entry, EntryData, SkillData } from '../../../../src/core/entry.ts';
import type { SqlSession } from '../sql-session.ts';
import type { GroupContext } from './group-context.ts';
import { entryById, entryByRef, entryExists, skillIdByName } from '../tables/entries.ts';

/**
 * What a write is refused for. Looked up before writing rather than read from a constraint's message:
 * under the write lock nothing changes in between, and a remote server hides which constraint failed.
 */

const operation = 'catalog.commit';

export async function requireEntry(session: SqlSession, type: EntityType, id: string): Promise<Entry> {
  const entry = await entryById(session, type, id);
  if (entry === null)
    throw new ChlError('NOT_FOUND', `There is no ${type} with the id ${id}.`, { operation });
  return entry;
}

export function requireVersion(entry: Entry, expected: number): void {
  if (entry.version === expected) return;
  throw new ChlError(
    'VERSION_MISMATCH',
    `Entry ${entry.id} is at version ${entry.version}, not ${expected}.`,
    {
      operation,
      hint: 'Read the entry again and repeat the change on what it says now.',
    },
  );
}

export async function requireCategory(group: GroupContext, code: string): Promise<void> {
  if (!(await group.hasCategory(code))) {
    throw new ChlError('NOT_FOUND', `There is no category ${code}.`, { operation });
  }
}

export async function requireFreeId(session: SqlSession, id: string): Promise<void> {
  if (await entryExists(session, id)) {
    throw new ChlError('CONFLICT', `There is already an entry with the id ${id}.`, { operation });
  }
}

export async function requireFreeRef(session: SqlSession, ref: string | null, ownId: string): Promise<void> {
  if (ref === null) return;
  const holder = await entryByRef(session, ref);
  if (holder !== null && holder.id !== ownId) throw refTaken(ref, holder);
}

export function refTaken(ref: string, holder: Entry): ChlError {
  return new ChlError('CONFLICT', `The ref ${ref} belongs to entry ${holder.id}.`, {
    operation,
    hint: 'Update that entry, or use another ref.',
  });
}

export async function requireFreeName(
  session: SqlSession,
  type: EntityType,
  data: EntryData,
  ownId: string,
): Promise<void> {
  if (type !== 'skill') return;
  const { name } = data as SkillData;
  const holder = await skillIdByName(session, name);
  if (holder !== null && holder !== ownId) {
    throw new ChlError('CONFLICT', `There is already a skill named ${name}: ${holder}.`, {
      operation,
      hint: 'Update that skill, or choose another name.',
    });
  }
}
