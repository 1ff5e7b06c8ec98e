import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * onnxruntime-node brings its library for every platform, 290 MB; this leaves the one of this machine.
 * On disk they lie as `bin/napi-v6/linux/x64`.
 */
export function removeForeignBinaries(
  nodeModules,
  { platform, arch } = { platform: process.platform, arch: process.arch },
) {
  const bin = join(nodeModules, 'onnxruntime-node', 'bin');
  if (!existsSync(bin)) return;
  for (const path of librariesBelow(bin)) {
    if (!path.endsWith(join(platform, arch))) rmSync(join(bin, path), { recursive: true });
  }
}

const librariesBelow = (bin) =>
  readdirSync(bin).flatMap((version) =>
    readdirSync(join(bin, version)).flatMap((platform) =>
      readdirSync(join(bin, version, platform)).map((arch) => join(version, platform, arch)),
    ),
  );
