import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ChlError } from '../core/errors.ts';
import type { Config } from './config.ts';
import { parseKeyFile, type ApiKeyText } from './config/api-keys.ts';
import { digestOfText } from './key-digest.ts';

/** Beside the database unless `CHL_API_KEYS_FILE` names another. */
export const keyFilePath = (config: Pick<Config, 'apiKeysFile' | 'dataDir'>): string =>
  config.apiKeysFile ?? join(config.dataDir, 'api-keys');

/**
 * A file of keys, one `name:role:sha256:HEX` a line, with `role@namespace` for those bound to namespaces: read by the service, which notices changes,
 * and written by `chl keys`. Keys in clear are accepted in a file written by hand.
 */
export class KeyFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The text, or null when there is no such file. @throws CONFIGURATION when it cannot be read */
  async read(): Promise<string | null> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (cause) {
      if (isMissing(cause)) return null;
      throw new ChlError('CONFIGURATION', 'The file of API keys cannot be read.', {
        operation: 'keys.read',
        cause,
      });
    }
  }

  /** @throws CONFIGURATION naming the lines that are wrong, without their content */
  async keys(): Promise<readonly ApiKeyText[]> {
    return keysOfText((await this.read()) ?? '');
  }

  /** Makes a key and appends its hash. @returns the key, which is kept nowhere */
  async add({ name, role, namespaces }: Omit<ApiKeyText, 'key'>): Promise<string> {
    const text = (await this.read()) ?? '';
    keysOfText(text);
    const key = `chl_${randomBytes(24).toString('base64url')}`;
    const bound = namespaces === null ? '' : `@${namespaces.join('+')}`;
    const line = `${name}:${role}${bound}:sha256:${Buffer.from(await digestOfText(key)).toString('hex')}\n`;
    // Appended, so that two commands at once leave two keys.
    const file = await open(this.path, 'a', 0o600);
    try {
      await file.write(text === '' || text.endsWith('\n') ? line : `\n${line}`);
      await file.sync();
    } finally {
      await file.close();
    }
    return key;
  }

  /** Removes every line whose key `isMeant`; comments stay. @returns how many */
  async remove(isMeant: (key: ApiKeyText) => boolean | Promise<boolean>): Promise<number> {
    const text = (await this.read()) ?? '';
    const kept: string[] = [];
    let removed = 0;
    for (const line of text.split('\n')) {
      const [key] = parseKeyFile(line).keys;
      if (key !== undefined && (await isMeant(key))) removed += 1;
      else kept.push(line);
    }
    if (removed > 0) await this.#replace(kept.join('\n'));
    return removed;
  }

  /** A reader sees the old file or the new one, never a part. */
  async #replace(text: string): Promise<void> {
    const temporary = `${this.path}.${process.pid}.tmp`;
    try {
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.write(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.path);
    } catch (cause) {
      await rm(temporary, { force: true });
      throw new ChlError('CONFIGURATION', 'The file of API keys cannot be written.', {
        operation: 'keys.write',
        cause,
      });
    }
  }
}

/** @throws CONFIGURATION */
export function keysOfText(text: string): readonly ApiKeyText[] {
  const { keys, problems } = parseKeyFile(text);
  if (problems.length === 0) return keys;
  throw new ChlError('CONFIGURATION', `The file of API keys cannot be used. ${problems.join(' ')}`, {
    operation: 'keys.read',
  });
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
