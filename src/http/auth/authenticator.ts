import { ChlError } from '../../core/errors.ts';
import { roleAllows, type Role } from '../../service/roles.ts';
import { digestOf, sameDigest, type ApiKey } from './api-key.ts';

/** Who a request comes from. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** Without keys the service is reachable from this machine only, and whoever asks may do anything. */
const LOCAL: Principal = { name: 'local', role: 'admin' };

export class Authenticator {
  readonly #keys: readonly ApiKey[];

  constructor(keys: readonly ApiKey[]) {
    this.#keys = keys;
  }

  /** Whether every request has to carry a key. */
  get required(): boolean {
    return this.#keys.length > 0;
  }

  /** @throws UNAUTHENTICATED without a key that is known, FORBIDDEN when its role does not suffice */
  async authorise(headers: Headers, needed: Role): Promise<Principal> {
    const principal = this.required ? await this.#principalOf(headers) : LOCAL;
    if (roleAllows(principal.role, needed)) return principal;
    throw new ChlError('FORBIDDEN', `This needs a key with the role ${needed}; yours has ${principal.role}.`);
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
    const matches = this.#keys.filter((key) => sameDigest(key.digest, digest));
    const [match] = matches;
    if (match === undefined) throw new ChlError('UNAUTHENTICATED', 'The API key is not known.');
    return match;
  }
}

function presentedKey(headers: Headers): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get('Authorization') ?? '');
  return bearer?.[1] ?? headers.get('X-API-Key');
}
