import type { TextData } from './data.ts';
import { runLoad, type LoadRequest, type LoadResult } from './load.ts';
import { searchRequests, writeRequests } from './requests.ts';
import type { BenchService } from './service.ts';

const REQUESTS_A_CONNECTION = 2_000;

/** Four searches, then a write, by every connection. @param round tells runs of one bench apart */
export function runMixedLoad(
  service: BenchService,
  data: TextData,
  options: { readonly connections: number; readonly seconds: number; readonly round: number },
): Promise<LoadResult> {
  const { connections, seconds, round } = options;
  return runLoad(service, {
    connections,
    seconds,
    requestsOf: (connection) => {
      const searches = searchRequests(data, connection, connections);
      const writes = writeRequests(data, connection, round, REQUESTS_A_CONNECTION / 5);
      return writes.flatMap((write, at): LoadRequest[] => [
        ...Array.from({ length: 4 }, (_, place) => searches[(at * 4 + place) % searches.length]!),
        write,
      ]);
    },
  });
}
