import type { CatalogBackup } from '../core/ports/catalog-maintenance.ts';

/** Registered with IANA. */
export const SQLITE = 'application/vnd.sqlite3';

/** The length and the digest let the client tell a whole copy from a connection that broke. */
export function backupResponse({ bytes, sha256, seq, content }: CatalogBackup): Response {
  return new Response(content, {
    headers: {
      'Content-Type': SQLITE,
      'Content-Length': String(bytes),
      'Content-Disposition': `attachment; filename="chl-${seq}.db"`,
      'Content-Digest': contentDigest(sha256),
      'Cache-Control': 'no-store',
    },
  });
}

/** RFC 9530: a structured dictionary with the digest in base64 between colons. */
function contentDigest(sha256: string): string {
  const bytes = sha256.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  return `sha-256=:${btoa(String.fromCharCode(...bytes))}:`;
}
