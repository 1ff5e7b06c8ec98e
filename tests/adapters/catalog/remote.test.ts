import { describe } from 'vitest';
import {
  openRemoteCatalog,
  openRemoteIndexSource,
} from '../../../adapters/catalog/libsql/remote/open-remote.ts';
import { catalogSuite } from '../../conformance/catalog.suite.ts';
import { Sqld, whyNoSqld } from '../../support/sqld.ts';
import { vitestRegistrar } from '../../support/vitest-registrar.ts';

const absent = whyNoSqld();

describe.skipIf(absent !== null)(`a libSQL server${absent === null ? '' : ` (skipped: ${absent})`}`, () =>
  catalogSuite(vitestRegistrar, async () => {
    const server = await Sqld.start();
    const open = () => openRemoteCatalog({ url: server.url, authToken: null });
    let catalog = await open();
    return {
      catalog,
      openSource: (fingerprint) =>
        openRemoteIndexSource({ databaseUrl: server.url, databaseAuthToken: null, fingerprint }),
      async reopen() {
        await catalog.close();
        catalog = await open();
        return catalog;
      },
      async dispose() {
        await catalog.close();
        await server.stop();
      },
    };
  }),
);
