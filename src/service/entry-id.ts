import type { EntityType } from '../core/entry.ts';

const PREFIX: Record<EntityType, string> = { experience: 'EXP', skill: 'SKL' };

/** `EXP-API-20260131120000-4f9a1c7e2b8d6035`: type, category, UTC second, randomness. */
export function newEntryId(type: EntityType, categoryCode: string, nowMs: number): string {
  const second = new Date(nowMs).toISOString().replace(/\D/g, '').slice(0, 14);
  // 64 random bits, without the digits that say what kind of UUID it is: two writes of the same second
  // share an id once in 10^19. UUIDs are made from gathered entropy, 20 µs sooner than a few random bytes.
  const uuid = crypto.randomUUID();
  return `${PREFIX[type]}-${categoryCode}-${second}-${uuid.slice(0, 8)}${uuid.slice(-8)}`;
}
