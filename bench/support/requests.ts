import type { TextData } from './data.ts';
import { rotated, type LoadRequest } from './load.ts';

export function searchRequests(
  { queries }: TextData,
  connection: number,
  connections: number,
  extra: object = {},
): readonly LoadRequest[] {
  return rotated(queries, connection, connections).map((query) => ({
    method: 'POST',
    path: '/api/v1/search/',
    body: { query, ...extra },
  }));
}

/**
 * Real texts with a mark of their own, so that every one is a new entry.
 * @param round tells runs of one bench apart
 */
export function writeRequests(
  { entries }: TextData,
  connection: number,
  round: number,
  count: number,
  duplicates: 'check' | 'skip' = 'skip',
): readonly LoadRequest[] {
  return Array.from({ length: count }, (_, at) => {
    const { entity_type, category_code, data } = entries[(connection * 397 + at) % entries.length]!;
    const playbook = `${data.playbook} Seen as ${round}-${connection}-${at}.`;
    return {
      method: 'POST',
      path: '/api/v1/entries/write',
      body: { entity_type, category_code, data: { ...data, playbook }, duplicates },
    };
  });
}
