import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sources lie some folders below the root, their compiled form one more: the nearest package.json marks it. */
export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!isRoot(directory)) {
    const parent = dirname(directory);
    if (parent === directory) return directory;
    directory = parent;
  }
  return directory;
}

function isRoot(directory: string): boolean {
  const manifest = join(directory, 'package.json');
  return existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"name": "chl"');
}
