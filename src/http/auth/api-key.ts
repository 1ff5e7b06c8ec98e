import type { Role } from '../../service/roles.ts';

/** A configured key. Only its hash is kept; what a client sends is hashed and compared. */
export interface ApiKey {
  /** Who: becomes `author` of what it writes. */
  readonly name: string;
  readonly role: Role;
  /** The only namespaces that it opens; null where it is bound to none (see `Authenticator`). */
  readonly namespaces: readonly string[] | null;
  /** SHA-256 of the key, 32 bytes. */
  readonly digest: Uint8Array;
}

/** The keys that count now: they may change while the service runs. */
export interface KeySource {
  readonly keys: readonly ApiKey[];
  /** Whether every request has to carry a key; true also while no key is left. */
  readonly required: boolean;
}

export async function digestOf(key: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)));
}

/** Compares every byte whatever it finds, so that the time taken tells nothing. */
export function sameDigest(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) difference |= left[i]! ^ (right[i] ?? 0);
  return difference === 0;
}
