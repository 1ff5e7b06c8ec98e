import { mkdirSync, readdirSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDebianLike } from './system-packages.mjs';
import { run } from './run.mjs';

const KEYRINGS = ['debian', 'ubuntu'].map((name) => `/usr/share/keyrings/${name}-archive-keyring.gpg`);

/**
 * The source of the distance kernels of exactly the FAISS that is installed, from the distribution.
 * Works on package lists of its own in `workDirectory`: the machine's sources stay as they are, and
 * no root is needed.
 *
 * @returns {Promise<{kernels: string, includeDirectory: string} | {reason: string}>}
 */
export async function fetchKernelSource(workDirectory) {
  if (!isDebianLike())
    return { reason: 'the source of the system FAISS is fetched on Debian and Ubuntu only' };
  const version = await installedSourceVersion();
  if (version === null) return { reason: 'libfaiss-dev is not a package of this system' };
  const apt = await privateApt(workDirectory);
  await run('apt-get', [...apt, 'update'], { timeoutMs: 120_000 });
  const source = ['source', '--download-only', '--only-source', `faiss=${version}`];
  const { ok } = await run('apt-get', [...apt, ...source], { cwd: workDirectory, timeoutMs: 120_000 });
  const archive = readdirSync(workDirectory).find((name) => name.includes('.orig.tar.'));
  if (!ok || archive === undefined) return { reason: `apt-get has no source of faiss ${version}` };
  await run('tar', ['-xf', archive, '--wildcards', '*/faiss/*'], { cwd: workDirectory });
  const kernels = filesNamed(workDirectory, 'distances_simd.cpp')[0];
  if (kernels === undefined) return { reason: `faiss ${version} has no distances_simd.cpp` };
  return { kernels, includeDirectory: kernels.slice(0, kernels.lastIndexOf('/faiss/')) };
}

async function installedSourceVersion() {
  const { ok, stdout } = await run('dpkg-query', ['-W', '-f', '${source:Version}', 'libfaiss-dev']);
  return ok ? stdout.trim() : null;
}

/** Options that point apt-get at source entries for the repositories this machine already trusts. */
async function privateApt(directory) {
  const lists = join(directory, 'lists');
  const cache = join(directory, 'cache');
  for (const folder of [lists, cache]) mkdirSync(folder, { recursive: true });
  const format = '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)';
  const { stdout } = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const keyring = KEYRINGS.filter((path) => existsSync(path)).join(',');
  const trust = keyring === '' ? '' : `[signed-by=${keyring}] `;
  const entries = stdout
    .split('\n')
    .filter((line) => /^(Debian|Ubuntu) /.test(line))
    .map((line) => `deb-src ${trust}${line.replace(/^\S+ /, '')}\n`);
  const sources = join(directory, 'sources.list');
  writeFileSync(sources, [...new Set(entries)].join(''));
  return [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${cache}`,
    // apt's own user could not write into this folder.
    `APT::Sandbox::User=${process.getuid() === 0 ? 'root' : ''}`,
  ].flatMap((option) => ['-o', option]);
}

function filesNamed(directory, name) {
  return readdirSync(directory, { recursive: true })
    .filter((path) => path.endsWith(`/${name}`))
    .map((path) => join(directory, path));
}
