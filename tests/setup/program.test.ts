import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { buildProgram } from '../support/build.ts';

/** What a start imports on its way to the first answer; everything else waits until somebody asks. */
const IMPORTED_BY_A_START = /^(application|http|create-services|open-namespaces|node-listener|chunk)-/;
/** esbuild names each module that it takes in, by its path. */
const MODULE = /^\/\/ (?:node_modules\/((?:@[^/]+\/)?[^/]+)\/.*|(?:src|adapters)\/.*)$/gm;
const IMPORT = /(?:^import|^\} from|^export .* from|import\() ?"(\.[^"]+)"/gm;

let program: string;
beforeAll(async () => {
  program = await buildProgram();
});

interface Loaded {
  readonly files: readonly string[];
  /** Of npm. */
  readonly packages: ReadonlySet<string>;
  readonly modules: number;
}

function loadedBy(entry: string): Loaded {
  const files = new Set<string>([entry]);
  const packages = new Set<string>();
  let modules = 0;
  for (const file of files) {
    const code = readFileSync(join(program, file), 'utf8');
    for (const [, name] of code.matchAll(MODULE)) {
      modules += 1;
      if (name !== undefined) packages.add(name);
    }
    for (const [statement, path] of code.matchAll(IMPORT)) {
      const target = relative(program, join(program, dirname(file), path!));
      const isWanted = !statement.startsWith('import(') || IMPORTED_BY_A_START.test(path!.slice(2));
      if (isWanted) files.add(target);
    }
  }
  return { files: [...files], packages, modules };
}

test('a start reads a few dozen files, not one for each of its modules', () => {
  const { files, modules, packages } = loadedBy('src/entry/node.js');
  expect(packages).toContain('hono');
  expect(packages).toContain('zod');
  expect(modules).toBeGreaterThan(300);
  expect(files.length).toBeLessThan(100);
});

test.each(['@modelcontextprotocol/sdk', 'prom-client', 'ajv', 'ws', 'cockatiel', 'cac'])(
  'a start does not load %s, which not every service needs, or not at once',
  (name) => {
    expect(loadedBy('src/entry/node.js').packages).not.toContain(name);
  },
);

test.each(['writer-thread', 'reader-thread', 'database-thread'])('%s loads no library of HTTP', (thread) => {
  const { packages, modules } = loadedBy(`src/entry/${thread}.js`);
  expect(modules).toBeGreaterThan(5);
  expect(packages).not.toContain('hono');
  expect(packages).not.toContain('zod');
});
