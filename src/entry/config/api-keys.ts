import * as z from 'zod';
import { isNamespaceName } from '../../service/namespaces/namespace-name.ts';
import { ROLES, type Role } from '../../service/roles.ts';

/** A key as it was configured: in clear, or as `sha256:` and 64 hexadecimal digits. */
export interface ApiKeyText {
  readonly name: string;
  readonly role: Role;
  /** The only namespaces that it opens; null where it is bound to none. */
  readonly namespaces: readonly string[] | null;
  readonly key: string;
}

export const KEY_NAME = /^[\w.@-]{1,64}$/;

const ENTRY = /^([\w.@-]{1,64}):([a-z]+)(?:@([a-z\d+-]+))?:(\S{1,512})$/;

/** `name:role:key` or `name:role@namespace+namespace:key`. Null when it is not one; the text itself is a secret and goes into no message. */
function parseApiKey(text: string): ApiKeyText | null {
  const [, name, role, bound, key] = ENTRY.exec(text) ?? [];
  const known = ROLES.find((one) => one === role);
  if (name === undefined || key === undefined || known === undefined) return null;
  if (key.startsWith('sha256:') && !/^sha256:[0-9a-f]{64}$/i.test(key)) return null;
  const namespaces = bound === undefined ? null : bound.split('+');
  if (namespaces?.every(isNamespaceName) === false) return null;
  return { name, role: known, namespaces, key };
}

const SHAPE = `must be name:role:key or name:role@namespace:key, with a role of ${ROLES.join(', ')} and a key without spaces, or sha256: and 64 hexadecimal digits`;

/** Separated by commas. */
export function apiKeys(maxLength: number) {
  return z
    .string()
    .max(maxLength, { error: () => `must be at most ${maxLength} characters` })
    .transform((text, context) => {
      const keys: ApiKeyText[] = [];
      for (const [index, entry] of text.split(',').entries()) {
        const key = parseApiKey(entry.trim());
        if (key === null) context.addIssue({ code: 'custom', message: `${SHAPE} (key ${index + 1} is not)` });
        else keys.push(key);
      }
      return keys;
    });
}

export interface ParsedKeyFile {
  readonly keys: readonly ApiKeyText[];
  /** One sentence a line that could not be read, without its content. */
  readonly problems: readonly string[];
}

/** One a line; empty lines and those that start with `#` are left out. */
export function parseKeyFile(text: string): ParsedKeyFile {
  const keys: ApiKeyText[] = [];
  const problems: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const key = parseApiKey(line);
    if (key === null) problems.push(`Line ${index + 1} ${SHAPE}.`);
    else keys.push(key);
  }
  return { keys, problems };
}
