import * as z from 'zod';
import { ChlError } from '../errors.ts';
import { asSeq } from '../ids.ts';
import type { ChangeMark } from '../ports/index-source.ts';
import { BACKEND_NAMES, INDEX_KINDS } from '../ports/vector-backend.ts';
import { sha256Hex } from './checksum.ts';
import { logName, segmentNumber } from './file-names.ts';

/**
 * The one small file that says which others count. Text, so that a person can read and check it:
 * line 1 is the SHA-256 of the rest, the rest is JSON (`tail -n +2 manifest | sha256sum`).
 */
export const MANIFEST_VERSION = 1;

const MarkSchema = z.strictObject({
  seq: z.int().min(0).transform(asSeq),
  nonce: z.string(),
});

const SegmentSchema = z.strictObject({
  file: z.string().refine((name) => segmentNumber(name) !== null, 'is not a segment name'),
  rows: z.int().min(1),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  kind: z.enum(INDEX_KINDS),
  backend: z.enum(BACKEND_NAMES),
  /** Dead rows, ascending. */
  tombstones: z.array(z.int().min(0)).readonly(),
});

const ManifestSchema = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  databaseUuid: z.string(),
  epoch: z.int().min(0),
  fingerprint: z.string(),
  dimension: z.int().min(1),
  /** 1, 2, … One more with every publication in this folder. */
  generation: z.int().min(1),
  /** The segments hold every vector up to here that lived at `asOf`; the logs carry on from here. */
  base: MarkSchema,
  /** Newest change the tombstones know of; not before `base`. */
  asOf: MarkSchema,
  segments: z.array(SegmentSchema).readonly(),
  /** First growing log that counts; every log from this number on is replayed, in order. */
  logFrom: z.int().min(1),
  savedAtMs: z.int().min(0),
});

export interface ManifestSegment {
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly kind: (typeof INDEX_KINDS)[number];
  readonly backend: (typeof BACKEND_NAMES)[number];
  readonly tombstones: readonly number[];
}

export interface Manifest {
  readonly version: typeof MANIFEST_VERSION;
  readonly databaseUuid: string;
  readonly epoch: number;
  readonly fingerprint: string;
  readonly dimension: number;
  readonly generation: number;
  readonly base: ChangeMark;
  readonly asOf: ChangeMark;
  readonly segments: readonly ManifestSegment[];
  readonly logFrom: number;
  readonly savedAtMs: number;
}

const SHA256_HEX_CHARS = 64;

/** @throws CORRUPT: what could not be read back is never written */
export async function encodeManifest(manifest: Manifest): Promise<Uint8Array> {
  const body = new TextEncoder().encode(`${JSON.stringify(validManifest(manifest))}\n`);
  const line = new TextEncoder().encode(`${await sha256Hex(body)}\n`);
  const bytes = new Uint8Array(line.length + body.length);
  bytes.set(line, 0);
  bytes.set(body, line.length);
  return bytes;
}

/** @throws CORRUPT when it is damaged, of another version, or says what cannot be */
export async function decodeManifest(bytes: Uint8Array): Promise<Manifest> {
  const line = new TextDecoder('latin1').decode(bytes.subarray(0, SHA256_HEX_CHARS + 1));
  const body = bytes.subarray(SHA256_HEX_CHARS + 1);
  if (line !== `${await sha256Hex(body)}\n`) throw corrupt('does not match its own checksum');
  return validManifest(JSON.parse(new TextDecoder().decode(body)));
}

function validManifest(value: unknown): Manifest {
  const parsed = ManifestSchema.safeParse(value);
  if (!parsed.success) throw corrupt(`is not valid: ${z.prettifyError(parsed.error)}`);
  checkSegments(parsed.data);
  return parsed.data;
}

function checkSegments(manifest: Manifest): void {
  if (manifest.asOf.seq < manifest.base.seq) throw corrupt('is older than its own segments');
  const files = new Set(manifest.segments.map((segment) => segment.file));
  if (files.size !== manifest.segments.length) throw corrupt('names a segment twice');
  for (const segment of manifest.segments) {
    let previous = -1;
    for (const row of segment.tombstones) {
      if (row <= previous || row >= segment.rows) throw corrupt(`has a bad tombstone in ${segment.file}`);
      previous = row;
    }
  }
}

/** Every file that the manifest needs, among those that are there. */
export function namesNeeded(manifest: Manifest, present: readonly string[]): readonly string[] {
  const firstLog = logName(manifest.logFrom);
  // Names are zero-padded, so text order is number order.
  const logs = present.filter((name) => name.startsWith('growing-') && name >= firstLog);
  return [...manifest.segments.map((segment) => segment.file), ...logs];
}

const corrupt = (what: string): ChlError =>
  new ChlError('CORRUPT', `The manifest ${what}.`, { operation: 'snapshot.manifest' });
