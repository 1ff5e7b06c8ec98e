import type { SearchMode } from '../../src/core/ports/index-host.ts';
import { RANKED_DEPTH, type Ranker } from './ranker.ts';

export interface ServerOptions {
  readonly url: string;
  readonly apiKey: string | null;
}

/** Asks a running service that holds the entries, imported with their refs. */
export async function serverRanker(options: ServerOptions, mode: SearchMode): Promise<Ranker> {
  const refById = await exportedRefs(options);
  return {
    name: mode,
    rank: async (query, category) => {
      const body = {
        entity_type: 'experience',
        query,
        mode,
        limit: RANKED_DEPTH,
        ...(category === null ? {} : { category_code: category }),
      };
      const response = await request(options, '/api/v1/entries/read', {
        method: 'POST',
        body: JSON.stringify(body),
      });
      const { entries } = (await response.json()) as { entries: readonly { id: string }[] };
      return entries.map(({ id }) => refById.get(id) ?? id);
    },
  };
}

async function exportedRefs(options: ServerOptions): Promise<ReadonlyMap<string, string>> {
  const response = await request(options, '/api/v1/entries/export.ndjson', { method: 'GET' });
  const refs = new Map<string, string>();
  for (const line of (await response.text()).split('\n')) {
    if (line === '') continue;
    const entry = JSON.parse(line) as { id?: string; ref?: string | null };
    if (typeof entry.id === 'string' && typeof entry.ref === 'string') refs.set(entry.id, entry.ref);
  }
  return refs;
}

async function request(options: ServerOptions, path: string, init: RequestInit): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(options.apiKey === null ? {} : { authorization: `Bearer ${options.apiKey}` }),
  };
  const response = await fetch(new URL(path, options.url), {
    ...init,
    headers,
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response;
}
