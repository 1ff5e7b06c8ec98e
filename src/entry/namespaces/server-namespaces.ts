import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NamespaceRegistry } from '../../../adapters/catalog/libsql/remote/namespace-registry.ts';
import { databaseOfServer } from '../../../adapters/catalog/libsql/remote/server-url.ts';
import type { ServerAdmin } from '../../../adapters/catalog/libsql/remote/server-admin.ts';
import { ChlError } from '../../core/errors.ts';
import type { Clock, Logger, Timer } from '../../core/ports/runtime.ts';
import type { NamespaceStore, StoredNamespace } from '../../service/namespaces/namespaces.ts';
import type { NamespacePlace } from './namespace.ts';

export interface ServerNamespacesOptions {
  readonly registry: NamespaceRegistry;
  readonly admin: ServerAdmin;
  /** Of the server, as the service itself uses it. */
  readonly databaseUrl: string;
  /** For the indexes: each replica has its own. */
  readonly dataDir: string;
  /** How often to look which namespaces other replicas have deleted. */
  readonly pollMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A database of a libSQL server for each namespace, registered where all replicas see it. Its place
 * is the name and some random digits, so it is used once: a replica that has not heard yet that a
 * namespace was deleted, and made anew, finds nothing at the old place rather than the new one's data.
 */
export class ServerNamespaces implements NamespaceStore {
  readonly #options: ServerNamespacesOptions;
  readonly #root: string;
  /** What this process has opened, by name: the place it found. */
  readonly #located = new Map<string, string>();
  #timer: Timer | null = null;
  #isClosed = false;
  #isStuck = false;

  private constructor(options: ServerNamespacesOptions, root: string) {
    this.#options = options;
    this.#root = root;
  }

  /** Finishes what deletions have left. @throws CONFIGURATION, UNAVAILABLE */
  static async open(options: ServerNamespacesOptions): Promise<ServerNamespaces> {
    const { admin, registry, dataDir } = options;
    const root = join(dataDir, 'namespace-indexes');
    await admin.check();
    await mkdir(root, { recursive: true });
    const namespaces = new ServerNamespaces(options, root);
    await namespaces.#finishDeletions();
    const places = new Set((await registry.list()).map(({ place }) => place));
    for (const place of await readdir(root)) if (!places.has(place)) await namespaces.#removeIndex(place);
    return namespaces;
  }

  list(): Promise<readonly StoredNamespace[]> {
    return this.#options.registry.list();
  }

  async has(name: string): Promise<boolean> {
    return (await this.#options.registry.find(name)) !== null;
  }

  /** The database is there before its name is: a crash between leaves an empty one that nobody uses. */
  async create(name: string): Promise<boolean> {
    const { admin, registry, clock } = this.#options;
    if (await this.has(name)) return false;
    const place = `${name}-${randomBytes(4).toString('hex')}`;
    await admin.create(place);
    if (await registry.add({ name, place, createdAtMs: clock.nowMs() })) return true;
    await admin.remove(place);
    return false;
  }

  /** One statement takes it away from every replica; the data go after that, at the next start if need be. */
  async remove(name: string): Promise<boolean> {
    const place = await this.#options.registry.retire(name);
    if (place === null) return false;
    await this.#finishDeletions();
    await this.#removeIndex(place);
    return true;
  }

  /** @throws NOT_FOUND */
  async locate(name: string): Promise<NamespacePlace> {
    const place = await this.#options.registry.find(name);
    if (place === null) throw new ChlError('NOT_FOUND', `There is no namespace ${name}.`);
    const dataDir = join(this.#root, place);
    await mkdir(dataDir, { recursive: true });
    this.#located.set(name, place);
    return { dataDir, databaseUrl: databaseOfServer(this.#options.databaseUrl, place) };
  }

  /** @param expel closes a namespace that is gone; one that is not open, too */
  watch(expel: (name: string) => Promise<void>): void {
    const { clock, pollMs } = this.#options;
    if (this.#isClosed) return;
    this.#timer = clock.setTimer(() => void this.#look(expel).then(() => this.watch(expel)), pollMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#options.registry.close();
  }

  async #look(expel: (name: string) => Promise<void>): Promise<void> {
    if (this.#located.size === 0) return;
    try {
      const places = new Set((await this.#options.registry.list()).map(({ place }) => place));
      for (const [name, place] of this.#located) {
        if (places.has(place)) continue;
        await expel(name);
        // Whoever waited for it has perhaps found a new one by now.
        if (this.#located.get(name) === place) this.#located.delete(name);
        await this.#removeIndex(place);
      }
      this.#isStuck = false;
    } catch (err) {
      // Once, not at every poll: it is tried again, and what is gone answers 503 until then.
      if (!this.#isStuck && !this.#isClosed)
        this.#options.logger.warn({ err }, 'Namespaces that were deleted elsewhere could not be closed.');
      this.#isStuck = true;
    }
  }

  async #finishDeletions(): Promise<void> {
    const { admin, registry } = this.#options;
    for (const place of await registry.retired()) {
      await admin.remove(place);
      await registry.forget(place);
    }
  }

  #removeIndex(place: string): Promise<void> {
    return rm(join(this.#root, place), { recursive: true, force: true });
  }
}
