import type { Variables } from './edge-config.ts';

/** The part of Deno that is used here; it is not there on other platforms. */
interface DenoEnvironment {
  readonly env: { toObject(): Record<string, string> };
  readonly permissions: { querySync(permission: { readonly name: 'env' }): { readonly state: string } };
}

/** Of the process, where the operator allows it (`--allow-env`); a question would wait for an answer. */
export function permittedVariables(): Variables {
  const { Deno } = globalThis as { readonly Deno?: DenoEnvironment };
  if (Deno?.permissions.querySync({ name: 'env' }).state !== 'granted') return {};
  return ownVariables(Deno.env.toObject());
}

/** Those that a platform hands over with a request. */
export const variablesIn = (environment: unknown): Variables =>
  typeof environment === 'object' && environment !== null
    ? ownVariables(environment as Readonly<Record<string, unknown>>)
    : {};

const ownVariables = (all: Readonly<Record<string, unknown>>): Variables =>
  Object.fromEntries(
    Object.entries(all).filter(
      (entry): entry is [string, string] => entry[0].startsWith('CHL_') && typeof entry[1] === 'string',
    ),
  );
