import { digestOf, type ApiKey } from '../http/auth/api-key.ts';
import type { ApiKeyText } from './config/api-keys.ts';

/** SHA-256 of a key as it was configured: in clear, or already as `sha256:` and hexadecimal digits. */
export async function digestOfText(key: string): Promise<Uint8Array> {
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(key)?.[1];
  if (hex === undefined) return digestOf(key);
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

/** Tells keys of one name apart without telling anything about them: 8 of the hash's 64 digits. */
export async function keyFingerprint(key: string): Promise<string> {
  const digest = await digestOfText(key);
  return Array.from(digest.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** As they are kept: what was configured in clear is not. */
export const hashedKeys = (keys: readonly ApiKeyText[]): Promise<readonly ApiKey[]> =>
  Promise.all(keys.map(async ({ key, ...about }) => ({ ...about, digest: await digestOfText(key) })));
