import { ChlError } from '../../core/errors.ts';
import { roleAllows, type Role } from '../../service/roles.ts';
import { digestOf, sameDigest, type KeySource } from './api-key.ts';
import type { KeyRateLimit } from './key-rate-limit.ts';

/** Who a request comes from. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** Without keys the service is reachable from this machine only, and whoever asks may do anything. */
const LOCAL: Principal = { name: 'local', role: 'admin' };

export class Authenticator {
  readonly #source: KeySource;
  readonly #rateLimit: KeyRateLimit | null;

  /** @param rateLimit null where the number of requests is not bounded */
  constructor(source: KeySource, rateLimit: KeyRateLimit | null = null) {
    this.#source = source;
    this.#rateLimit = rateLimit;
  }

  /** Whether every request has to carry a key. */
  get required(): boolean {
    return this.#source.required;
  }

  /**
   * Who asks, once it is clear that they may. Every request that needs a role goes through here once.
   * @throws UNAUTHENTICATED without a key that is known, RATE_LIMITED when that key asks too often,
   *   FORBIDDEN when its role does not suffice
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
    const [match] = matches;
    if (match === undefined) throw new ChlError('UNAUTHENTICATED', 'The API key is not known.');
    return { name: match.name, role: match.role };
  }
}

function presentedKey(headers: Headers): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get('Authorization') ?? '');
  return bearer?.[1] ?? headers.get('X-API-Key');
}
