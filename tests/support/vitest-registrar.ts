import { test } from 'vitest';
import type { Registrar } from '../conformance/registrar.ts';

export const vitestRegistrar: Registrar = {
  test: (name, body) => test(name, body),
  // Not run, on purpose: the adapter declares that it lacks the capability, and says why.
  skip: (name, reason) => test.skip(`${name} (skipped: ${reason})`, () => undefined),
};
