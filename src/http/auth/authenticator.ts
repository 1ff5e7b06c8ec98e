import { ChlError } from '../../core/errors.ts';
import { roleAllows, type Role } from '../../service/roles.ts';
import { digestOf, sameDigest, type ApiKey, type KeySource } from './api-key.ts';
import type { KeyRateLimit } from './key-rate-limit.ts';

/** Who a request comes from. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** Without keys the service is reachable from this machine only, and whoever asks may do anything. */
const LOCAL: Principal = { name: 'local', role: 'admin' };

/**
 * Judges keys for one place: the service's own memory, or one namespace. Denied unless said otherwise:
 * a key that is bound to namespaces opens these and nothing else; one that is not opens the service's
 * own memory, and every namespace only when its role is admin.
 */
export class Authenticator {
  readonly #source: KeySource;
  readonly #rateLimit: KeyRateLimit | null;
  readonly #namespace: string | null;

  /**
   * @param rateLimit null where the number of requests is not bounded
   * @param namespace null: the service's own memory
   */
  constructor(source: KeySource, rateLimit: KeyRateLimit | null = null, namespace: string | null = null) {
    this.#source = source;
    this.#rateLimit = rateLimit;
    this.#namespace = namespace;
  }

  /** The same keys, and the same bound, for a namespace. */
  within(namespace: string): Authenticator {
    return new Authenticator(this.#source, this.#rateLimit, namespace);
  }

  /** Whether every request has to carry a key. */
  get required(): boolean {
    return this.#source.required;
  }

  /**
   * Who asks, once it is clear that they may. Every request that needs a role goes through here once.
   * @throws UNAUTHENTICATED without a key that is known, RATE_LIMITED when that key asks too often,
   *   FORBIDDEN when it does not open this place, or its role does not suffice
   */
  async authorise(headers: Headers, needed: Role): Promise<Principal> {
    const principal = this.required ? await this.#identify(headers) : LOCAL;
    if (roleAllows(principal.role, needed)) return principal;
    throw new ChlError('FORBIDDEN', `This needs a key with the role ${needed}; yours has ${principal.role}.`);
  }

  async #identify(headers: Headers): Promise<Principal> {
    const principal = await this.#principalOf(headers);
    await this.#rateLimit?.take(principal.name);
    return principal;
  }

  async #principalOf(headers: Headers): Promise<Principal> {
    const presented = presentedKey(headers);
    if (presented === null) {
      throw new ChlError('UNAUTHENTICATED', 'An API key is required.', {
        hint: 'Send it as "Authorization: Bearer <key>" or "X-API-Key: <key>".',
      });
    }
    const digest = await digestOf(presented);
    // Every key is compared, so that the time taken does not tell which one matched.
    const matches = this.#source.keys.filter((key) => sameDigest(key.digest, digest));
    if (matches.length === 0) throw new ChlError('UNAUTHENTICATED', 'The API key is not known.');
    const match = matches.find((key) => this.#isOpenTo(key));
    // Before anybody looks whether there is such a namespace: the answer does not tell.
    if (match === undefined) throw this.#closed();
    return { name: match.name, role: match.role };
  }

  #isOpenTo({ role, namespaces }: ApiKey): boolean {
    if (this.#namespace === null) return namespaces === null;
    return namespaces === null ? role === 'admin' : namespaces.includes(this.#namespace);
  }

  #closed(): ChlError {
    return this.#namespace === null
      ? new ChlError('FORBIDDEN', 'This key is bound to namespaces; it opens nothing else.', {
          hint: 'Ask under /ns/NAME/.',
        })
      : new ChlError('FORBIDDEN', 'This key does not open this namespace.');
  }
}

function presentedKey(headers: Headers): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get('Authorization') ?? '');
  return bearer?.[1] ?? headers.get('X-API-Key');
}
