import type { EntityType } from '../core/entry.ts';

const PREFIX: Record<EntityType, string> = { experience: 'EXP', skill: 'SKL' };
/** 64 random bits: two writes of the same second share an id once in 10^19. */
const RANDOM_BYTES = 8;

/** `EXP-API-20260131120000-4f9a1c7e2b8d6035`: type, category, UTC second, randomness. */
export function newEntryId(type: EntityType, categoryCode: string, nowMs: number): string {
  const second = new Date(nowMs).toISOString().replace(/\D/g, '').slice(0, 14);
  const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
  const suffix = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${PREFIX[type]}-${categoryCode}-${second}-${suffix}`;
}
