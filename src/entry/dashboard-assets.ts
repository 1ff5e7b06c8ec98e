import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DashboardAsset, DashboardAssets } from '../http/dashboard/dashboard-routes.tsx';

const FOLDER = new URL('../http/dashboard/assets/', import.meta.url);

/** The dashboard's files as they lie beside the program, each read once. */
export function dashboardAssets(): DashboardAssets {
  const known = new Map<string, DashboardAsset>();
  return async (name) => {
    const asset = known.get(name) ?? (await readAsset(name));
    if (asset !== null) known.set(name, asset);
    return asset;
  };
}

/** @param name a file name, without any slash */
async function readAsset(name: string): Promise<DashboardAsset | null> {
  try {
    const bytes = new Uint8Array(await readFile(new URL(name, FOLDER)));
    return { bytes, digest: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
