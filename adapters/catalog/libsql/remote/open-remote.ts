import { ChlError } from '../../../../src/core/errors.ts';
import type { Logger } from '../../../../src/core/ports/runtime.ts';
import { LibsqlIndexSource, type IndexSourceOptions } from '../index-source.ts';
import { checkSchemaVersion } from '../migrations/migrate.ts';
import type { LibsqlCatalog } from '../options.ts';
import { LibsqlReader } from '../reader.ts';
import { HranaClient, HranaReader } from './hrana-connection.ts';
import { NamespaceRegistry } from './namespace-registry.ts';
import { RemoteReads } from './remote-reads.ts';
import { RemoteWriter } from './remote-writer.ts';

export interface RemoteCatalogOptions {
  readonly url: string;
  readonly authToken: string | null;
  readonly changesKept?: number;
  readonly logger?: Logger;
}

/** A transaction of the server ends by itself after 5 s (sqld 0.24); a request that takes longer is lost. */
const REQUEST_TIMEOUT_MS = 10_000;

/** A database on a libSQL server (sqld, Turso). @throws CONFIGURATION, UNAVAILABLE */
export async function openRemoteCatalog(options: RemoteCatalogOptions): Promise<LibsqlCatalog> {
  const client = newClient(options);
  const writer = await RemoteWriter.open({
    client,
    onFault: ({ message, ...fields }) => options.logger?.warn(fields, message),
    ...(options.changesKept === undefined ? {} : { changesKept: options.changesKept }),
  });
  const reads = new RemoteReads(new HranaReader(client));
  return {
    reader: new LibsqlReader({ near: reads, far: reads }),
    writer,
    databaseUrl: options.url,
    maintenance: {
      backup: () => Promise.reject(serversBusiness('backed up')),
      compact: () => Promise.reject(serversBusiness('compacted')),
    },
    bindFingerprint: (fingerprint) => writer.bindFingerprint(fingerprint),
    close: async () => {
      await writer.close();
      client.renew();
    },
  };
}

/** For the index process: reads over a client of its own. @throws CONFIGURATION, UNAVAILABLE */
export async function openRemoteIndexSource(options: IndexSourceOptions): Promise<LibsqlIndexSource> {
  const client = newClient({ url: options.databaseUrl, authToken: options.databaseAuthToken });
  const reads = new RemoteReads(new HranaReader(client));
  await checkSchemaVersion(reads);
  return new LibsqlIndexSource(reads, options.fingerprint, () => client.renew());
}

/** In a catalog that was opened once: its tables must be there. */
export function openNamespaceRegistry(
  options: Pick<RemoteCatalogOptions, 'url' | 'authToken'>,
): NamespaceRegistry {
  const client = newClient(options);
  return new NamespaceRegistry(new RemoteReads(new HranaReader(client)), () => client.renew());
}

const newClient = ({ url, authToken }: Pick<RemoteCatalogOptions, 'url' | 'authToken'>): HranaClient =>
  new HranaClient({ url, authToken, requestTimeoutMs: REQUEST_TIMEOUT_MS });

const serversBusiness = (what: string): ChlError =>
  new ChlError('UNAVAILABLE', `A remote database is ${what} by its own server.`, {
    hint: "Use the server's own tools.",
    retryable: false,
  });
