import { existsSync } from 'node:fs';
import { installSystemPackages, whyNoSystemPackages } from './system-packages.mjs';
import { say } from './terminal.mjs';

/** Programs that only tests need, as Debian names their packages. What is absent, its tests skip with a reason. */
const TOOLS = [
  { program: '/usr/bin/chromium', debianPackage: 'chromium' },
  { program: '/usr/bin/promtool', debianPackage: 'prometheus' },
];

export const CHROMIUM = '/usr/bin/chromium';

/** Installs what is absent, where it may; the tests say what they miss. */
export async function provideTestTools() {
  const absent = TOOLS.filter(({ program }) => !existsSync(program));
  if (absent.length === 0) return;
  const packages = absent.map(({ debianPackage }) => debianPackage);
  const obstacle = whyNoSystemPackages() ?? (await installSystemPackages(packages));
  if (obstacle !== null) say(`Some tests will be skipped (${obstacle}; needed: ${packages.join(' ')}).`);
}
