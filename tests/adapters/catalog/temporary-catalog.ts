import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openIndexSource } from '../../../adapters/catalog/libsql/open-index-source.ts';
import { openLibsqlCatalog } from '../../../adapters/catalog/libsql/open.ts';
import type { LibsqlCatalog, LibsqlCatalogOptions } from '../../../adapters/catalog/libsql/options.ts';
import type { CatalogFixture } from '../../conformance/catalog/fixture.ts';

export interface TemporaryCatalog extends CatalogFixture {
  readonly catalog: LibsqlCatalog;
  readonly path: string;
}

/** A database file in a folder that goes away with it. */
export async function temporaryCatalog(
  options: Omit<LibsqlCatalogOptions, 'path'> = {},
): Promise<TemporaryCatalog> {
  const folder = await mkdtemp(join(tmpdir(), 'chl-catalog-'));
  const path = join(folder, 'chl.db');
  const open = (): Promise<LibsqlCatalog> => openLibsqlCatalog({ ...options, path });
  let catalog = await open();
  return {
    catalog,
    path,
    openSource: (fingerprint) =>
      openIndexSource({ databaseUrl: catalog.databaseUrl, databaseAuthToken: null, fingerprint }),
    async reopen() {
      await catalog.close();
      catalog = await open();
      return catalog;
    },
    async dispose() {
      await catalog.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
