import type { Registrar } from '../conformance/registrar.ts';

/** The part of Deno's global that is used; its types are not those of the project. */
declare const Deno: {
  test(options: { name: string; ignore?: boolean; fn: () => Promise<void> | void }): void;
};

export const denoRegistrar: Registrar = {
  test: (name, fn) => Deno.test({ name, fn }),
  skip: (name, reason) =>
    Deno.test({ name: `${name} (skipped: ${reason})`, ignore: true, fn: () => undefined }),
};
