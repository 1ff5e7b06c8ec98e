import type { IndexSourceOptions } from '../../adapters/catalog/libsql/index-source.ts';
import { openIndexSource as openFileSource } from '../../adapters/catalog/libsql/open-index-source.ts';
import { isRemote } from '../../adapters/catalog/libsql/remote/server-url.ts';
import type { IndexSource } from '../core/ports/index-source.ts';

/** What an index reads, in whatever process it is. */
export async function openIndexSource(options: IndexSourceOptions): Promise<IndexSource> {
  if (!isRemote(options.databaseUrl)) return openFileSource(options);
  const { openRemoteIndexSource } = await import('../../adapters/catalog/libsql/remote/open-remote.ts');
  return openRemoteIndexSource(options);
}
