import { dashboardFiles, swaggerFiles } from 'chl:static-files';
import { sha256Hex } from '../../core/snapshot/checksum.ts';
import type { DashboardAssets } from '../../http/dashboard/dashboard-routes.tsx';
import type { DocsAssets } from '../../http/docs/docs-routes.ts';

/** The dashboard's files, from the bundle. */
export const bundledDashboard: DashboardAssets = async (name) => {
  const bytes = decoded(dashboardFiles, name);
  return bytes === null ? null : { bytes, digest: await sha256Hex(bytes) };
};

/** Swagger UI's, too. */
export const bundledSwagger: DocsAssets = async (name) => decoded(swaggerFiles, name);

function decoded(files: Readonly<Record<string, string>>, name: string): Uint8Array<ArrayBuffer> | null {
  const text = Object.hasOwn(files, name) ? files[name] : undefined;
  return text === undefined ? null : Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
