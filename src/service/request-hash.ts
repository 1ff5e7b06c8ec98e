import { sha256Hex } from '../core/embedding.ts';

/** SHA-256 of a request, whatever the order of its keys: what an idempotency key stands for. */
export const requestHash = (operation: string, request: unknown): Promise<string> =>
  sha256Hex(`${operation}\n${canonicalJson(request)}`);

/** JSON with sorted keys. Requests are bounded in depth by the contract, so recursion is safe. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
