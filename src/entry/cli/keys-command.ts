import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Role } from '../../service/roles.ts';
import { loadConfig } from '../config.ts';
import { KEY_NAME } from '../config/api-keys.ts';
import { keyFingerprint } from '../key-digest.ts';
import { KeyFile, keyFilePath } from '../key-file.ts';
import { CommandError, EXIT, type ExitCode } from './command-error.ts';
import type { Environment } from './connect.ts';
import type { Terminal } from './terminal.ts';

interface KeysOptions {
  readonly action: string;
  readonly name: string | null;
  readonly role: Role;
  /** The only ones that a new key opens; null: it is bound to none. */
  readonly namespaces: readonly string[] | null;
  readonly json: boolean;
}

/**
 * Keys of the key file, made, listed and revoked where the file is; a running service takes notice
 * within a second. The keys of `CHL_API_KEYS` are the environment's, and not touched.
 */
export async function keysCommand(
  options: KeysOptions,
  environment: Environment,
  terminal: Terminal,
): Promise<ExitCode> {
  const file = new KeyFile(keyFilePath(loadConfig(environment)));
  switch (options.action) {
    case 'new':
      return newKey(file, options, terminal);
    case 'list':
      return listKeys(file, options, terminal);
    case 'revoke':
      return revokeKeys(file, options, terminal);
    default:
      throw new CommandError(EXIT.usage, `There is no "chl keys ${options.action}".`, {
        hint: 'Use new, list or revoke.',
      });
  }
}

async function newKey(
  file: KeyFile,
  { name, role, namespaces, json }: KeysOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (name === null || !KEY_NAME.test(name)) {
    throw new CommandError(
      EXIT.usage,
      'A key needs a name of up to 64 letters, digits and . @ - _: it signs what the key writes.',
    );
  }
  await mkdir(dirname(file.path), { recursive: true });
  const key = await file.add({ name, role, namespaces });
  if (json) {
    terminal.print(JSON.stringify({ name, role, namespaces, fingerprint: await keyFingerprint(key), key }));
    return EXIT.ok;
  }
  const where = namespaces === null ? '' : ` in ${namespaces.join(', ')} only`;
  terminal.note(`Key of ${name}, role ${role}${where}. It is shown this once; only its hash is kept.`);
  terminal.print(key);
  return EXIT.ok;
}

async function listKeys(file: KeyFile, { json }: KeysOptions, terminal: Terminal): Promise<ExitCode> {
  const keys = await Promise.all(
    (await file.keys()).map(async ({ key, ...about }) => ({
      ...about,
      fingerprint: await keyFingerprint(key),
    })),
  );
  if (json) terminal.print(JSON.stringify({ keys }));
  else if (keys.length === 0) terminal.note('No keys. Make one with: chl keys new NAME --role write');
  else {
    const width = Math.max(...keys.map(({ name }) => name.length));
    for (const { name, role, namespaces, fingerprint } of keys) {
      const where = namespaces === null ? '' : `  ${namespaces.join(', ')}`;
      terminal.print(`${name.padEnd(width)}  ${role.padEnd(5)}  ${fingerprint}${where}`);
    }
  }
  return EXIT.ok;
}

/** By name: all keys of that name. By fingerprint: one of them, as when it was rotated. */
async function revokeKeys(file: KeyFile, { name, json }: KeysOptions, terminal: Terminal): Promise<ExitCode> {
  if (name === null) throw new CommandError(EXIT.usage, 'Which key? Give its name or its fingerprint.');
  const revoked = await file.remove(
    async (key) => key.name === name || (await keyFingerprint(key.key)) === name,
  );
  if (revoked === 0)
    throw new CommandError(EXIT.failure, `There is no key ${name}.`, { hint: 'See chl keys list.' });
  if (json) terminal.print(JSON.stringify({ revoked }));
  else terminal.note(`Revoked ${revoked === 1 ? 'one key' : `${revoked} keys`} of ${name}.`);
  return EXIT.ok;
}
