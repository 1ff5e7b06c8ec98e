import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChlError } from '../core/errors.ts';
import { digestOf, type ApiKey } from '../http/auth/api-key.ts';
import { isLoopbackName } from '../http/auth/same-host.ts';
import type { Config } from './config.ts';
import { parseKeyFile, type ApiKeyText } from './config/api-keys.ts';

export interface KeyRing {
  readonly keys: readonly ApiKey[];
  /** A key that was just made: shown to the person at the terminal once, kept as a hash only. */
  readonly generatedKey: string | null;
}

const GENERATED_KEY_FILE = 'admin-key.sha256';

/**
 * The configured keys. With none, a service on loopback is open to this machine, and one bound
 * elsewhere gets an admin key of its own, since nothing is ever open off loopback.
 * @throws CONFIGURATION when the key file cannot be used
 */
export async function openKeyRing(config: Config): Promise<KeyRing> {
  const configured = [...config.apiKeys, ...(await keysOfFile(config.apiKeysFile))];
  if (configured.length > 0) return { keys: await Promise.all(configured.map(hashed)), generatedKey: null };
  if (isLoopbackName(config.host)) return { keys: [], generatedKey: null };
  return generatedKeyRing(join(config.dataDir, GENERATED_KEY_FILE));
}

async function generatedKeyRing(path: string): Promise<KeyRing> {
  const stored = await readOptional(path);
  if (stored !== null) return { keys: [await hashed(adminKey(stored.trim()))], generatedKey: null };
  const generatedKey = `chl_${randomBytes(24).toString('base64url')}`;
  const key = await hashed(adminKey(generatedKey));
  await writeFile(path, `sha256:${Buffer.from(key.digest).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  return { keys: [key], generatedKey };
}

const adminKey = (key: string): ApiKeyText => ({ name: 'admin', role: 'admin', key });

async function hashed({ name, role, key }: ApiKeyText): Promise<ApiKey> {
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(key)?.[1];
  return {
    name,
    role,
    digest: hex === undefined ? await digestOf(key) : new Uint8Array(Buffer.from(hex, 'hex')),
  };
}

async function keysOfFile(path: string | null): Promise<readonly ApiKeyText[]> {
  if (path === null) return [];
  const text = await readOptional(path);
  if (text === null) throw refused('There is no such file.');
  const { keys, problems } = parseKeyFile(text);
  if (problems.length > 0) throw refused(problems.join(' '));
  if (keys.length === 0) throw refused('It holds no key.');
  return keys;
}

const refused = (why: string): ChlError =>
  new ChlError('CONFIGURATION', `CHL_API_KEYS_FILE cannot be used. ${why}`, { operation: 'keys.open' });

async function readOptional(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new ChlError('CONFIGURATION', 'A file of API keys cannot be read.', {
      operation: 'keys.open',
      cause,
    });
  }
}
