import { existsSync, readFileSync } from 'node:fs';
import { run } from './run.mjs';
import { say } from './terminal.mjs';

/** What a build against the system's FAISS needs, as Debian and Ubuntu name it. */
const PACKAGES = ['g++', 'libfaiss-dev', 'libopenblas-dev'];

/** Whether set-up may install system packages here, or the reason why not. */
export function whyNoSystemPackages(environment = process.env, uid = process.getuid?.()) {
  if (environment['CHL_SETUP_SYSTEM'] === '0') return 'CHL_SETUP_SYSTEM=0';
  if (!isDebianLike()) return 'not Debian or Ubuntu';
  if (uid !== 0) return 'not root';
  return null;
}

/**
 * @param {readonly string[]} [packages] what FAISS needs, unless others are named
 * @returns {Promise<string | null>} what went wrong
 */
export async function installSystemPackages(packages = PACKAGES) {
  say(`installing system packages with apt-get: ${packages.join(' ')} (CHL_SETUP_SYSTEM=0 turns this off) …`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  // An outdated list or one dead repository beside the needed one is no reason to stop: install decides.
  await run('apt-get', [...wait, 'update'], { env });
  const install = [...wait, 'install', '-y', '--no-install-recommends', ...packages];
  const { ok, output } = await run('apt-get', install, { env });
  return ok ? null : `apt-get install failed: ${lastLine(output)}`;
}

export const missingPackagesHint = `apt-get install ${PACKAGES.join(' ')}`;

export function isDebianLike() {
  if (!existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

const lastLine = (text) => text.trim().split('\n').at(-1);
