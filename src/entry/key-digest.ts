import { digestOf } from '../http/auth/api-key.ts';

/** SHA-256 of a key as it was configured: in clear, or already as `sha256:` and hexadecimal digits. */
export async function digestOfText(key: string): Promise<Uint8Array> {
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(key)?.[1];
  return hex === undefined ? digestOf(key) : new Uint8Array(Buffer.from(hex, 'hex'));
}

/** Tells keys of one name apart without telling anything about them: 8 of the hash's 64 digits. */
export async function keyFingerprint(key: string): Promise<string> {
  return Buffer.from(await digestOfText(key))
    .toString('hex')
    .slice(0, 8);
}
