/**
 * How a conformance suite registers its tests, so that one suite runs under Vitest on Node and under
 * `Deno.test`. Assertions come from `node:assert/strict`, which both have.
 */
export interface Registrar {
  test(name: string, body: () => Promise<void> | void): void;
  /** A capability the adapter lacks: the reason is documentation. */
  skip(name: string, reason: string): void;
}
