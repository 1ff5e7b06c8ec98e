import { ChlError } from '../../core/errors.ts';
import type { Logger } from '../../core/ports/runtime.ts';
import type {
  CreateNamespaceResponse,
  DeleteNamespaceResponse,
  NamespaceRequest,
  NamespacesResponse,
} from '../contract/namespaces.ts';
import { isoTime } from '../entry-views.ts';
import type { RequestContext } from '../request-context.ts';
import { isNamespaceName } from './namespace-name.ts';
import type {
  NamespaceFigures,
  NamespaceLease,
  OpenNamespace,
  OpenNamespaces,
  OpenNamespacesOptions,
} from './open-namespaces.ts';

/** Which namespaces there are. What is in one is whoever opens it to know. */
export interface NamespaceStore {
  list(): Promise<readonly StoredNamespace[]>;
  has(name: string): Promise<boolean>;
  /** Durable when it resolves. @returns false when it was there already */
  create(name: string): Promise<boolean>;
  /** All of it, for good: gone at once, whatever happens meanwhile. @returns false when there was none */
  remove(name: string): Promise<boolean>;
}

export interface StoredNamespace {
  readonly name: string;
  readonly createdAtMs: number;
}

/** What an administrator does with namespaces. */
export interface NamespaceAdmin {
  list(): Promise<NamespacesResponse>;
  /** @throws CONFLICT when it exists */
  create(request: NamespaceRequest, context: RequestContext): Promise<CreateNamespaceResponse>;
  /** Waits for its users to leave. @throws NOT_FOUND, CONFLICT when they do not */
  remove(request: NamespaceRequest, context: RequestContext): Promise<DeleteNamespaceResponse>;
}

export interface NamespacesParts<Opened extends OpenNamespace> {
  readonly store: NamespaceStore;
  readonly logger: Logger;
  /** @param check refuses what the store does not hold */
  readonly pool: (check: OpenNamespacesOptions<Opened>['check']) => OpenNamespaces<Opened>;
  /** All of them are closed: what they shared may go. */
  readonly onClosed: () => Promise<void>;
}

/** The namespaces of a service. They come into being only when an administrator says so: a typo makes none. */
export class Namespaces<Opened extends OpenNamespace> implements NamespaceAdmin {
  readonly #store: NamespaceStore;
  readonly #logger: Logger;
  readonly #open: OpenNamespaces<Opened>;
  readonly #onClosed: () => Promise<void>;

  constructor({ store, logger, pool, onClosed }: NamespacesParts<Opened>) {
    this.#store = store;
    this.#logger = logger;
    this.#open = pool((name) => this.#check(name));
    this.#onClosed = onClosed;
  }

  /** @throws NOT_FOUND, OVERLOADED, UNAVAILABLE */
  enter(name: string): Promise<NamespaceLease<Opened>> {
    return this.#open.enter(name);
  }

  figures(): NamespaceFigures {
    return this.#open.figures();
  }

  async list(): Promise<NamespacesResponse> {
    const stored = await this.#store.list();
    const { open, openMax } = this.figures();
    return { namespaces: stored.map((one) => this.#view(one)), open, max_open: openMax };
  }

  async create({ name }: NamespaceRequest, { caller }: RequestContext): Promise<CreateNamespaceResponse> {
    if (!(await this.#store.create(name)))
      throw new ChlError('CONFLICT', `There is a namespace ${name} already.`);
    this.#logger.info({ caller, namespace: name }, 'namespace created');
    const stored = (await this.#store.list()).find((one) => one.name === name);
    if (stored === undefined) throw absent(name);
    return { success: true, namespace: this.#view(stored), message: `It is served at /ns/${name}/.` };
  }

  async remove({ name }: NamespaceRequest, { caller }: RequestContext): Promise<DeleteNamespaceResponse> {
    await this.#check(name);
    await this.#open.whileClosed(name, async () => {
      if (!(await this.#store.remove(name))) throw absent(name);
    });
    this.#logger.info({ caller, namespace: name }, 'namespace deleted');
    return { success: true, name, message: 'Its entries, index and settings are gone.' };
  }

  /** It was deleted by another service: closed here too, and whoever asks next asks the store. */
  expel(name: string): Promise<void> {
    return this.#open.whileClosed(name, () => Promise.resolve());
  }

  endStreams(): void {
    this.#open.endStreams();
  }

  async close(): Promise<void> {
    await this.#open.close();
    await this.#onClosed();
  }

  async #check(name: string): Promise<void> {
    if (!isNamespaceName(name) || !(await this.#store.has(name))) throw absent(name);
  }

  #view({ name, createdAtMs }: StoredNamespace): NamespacesResponse['namespaces'][number] {
    return { name, created_at: isoTime(createdAtMs), open: this.#open.isOpen(name) };
  }
}

const absent = (name: string): ChlError =>
  new ChlError('NOT_FOUND', `There is no namespace ${name}.`, {
    hint: 'An administrator makes one with: chl namespaces new NAME',
  });
