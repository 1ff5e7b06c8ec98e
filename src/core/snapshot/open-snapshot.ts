import { ChlError, toChlError } from '../errors.ts';
import type { Files } from '../ports/files.ts';
import type { ChangeMark, IndexSource } from '../ports/index-source.ts';
import { sha256Hex } from './checksum.ts';
import { MANIFEST, MANIFEST_BACKUP } from './file-names.ts';
import { sameOwner } from './growing-log.ts';
import type { LogOwner } from './growing-log.ts';
import { readLogChain } from './log-chain.ts';
import type { LogChain, RecoveredLog } from './log-chain.ts';
import { decodeManifest } from './manifest.ts';
import type { Manifest, ManifestSegment } from './manifest.ts';
import { decodeSegment } from './segment-file.ts';
import type { SegmentData } from './segment-file.ts';

export interface OpenedSegment {
  readonly entry: ManifestSegment;
  readonly data: SegmentData;
}

export interface OpenedSnapshot {
  readonly source: 'snapshot' | 'backup';
  readonly manifest: Manifest;
  readonly segments: readonly OpenedSegment[];
  /** Rows that are in no segment, log by log; the last log is the one that grows on. */
  readonly growing: readonly RecoveredLog[];
  /** Segments and logs together hold everything up to here; later changes are in the database. */
  readonly completeTo: ChangeMark;
  readonly chain: LogChain;
}

export interface OpenOutcome {
  /** Null: rebuild from the database. */
  readonly snapshot: OpenedSnapshot | null;
  /** Why earlier rungs were refused and what was cut, in order; empty on a fresh folder. */
  readonly reasons: readonly string[];
  /** The backup beside an opened snapshot, when it is whole and ours: its files are kept too. */
  readonly backup: Manifest | null;
  /** Every name in the folder, and the highest generation seen: new ones must be higher. */
  readonly names: readonly string[];
  readonly lastGeneration: number;
}

interface Expectation {
  readonly files: Files;
  readonly owner: LogOwner;
  readonly nonceOf: IndexSource['nonceOf'];
}

/** Rungs 1 and 2 of the recovery ladder (`docs/format.md`). */
export async function openSnapshot(expected: Expectation): Promise<OpenOutcome> {
  const reasons: string[] = [];
  const names = await listed(expected.files, reasons);
  const current = await manifestIn(expected.files, MANIFEST, reasons);
  const backup = await manifestIn(expected.files, MANIFEST_BACKUP, reasons);
  const common = {
    reasons,
    names,
    lastGeneration: Math.max(current?.generation ?? 0, backup?.generation ?? 0),
  };
  for (const [source, manifest] of [
    ['snapshot', current],
    ['backup', backup],
  ] as const) {
    if (manifest === null) continue;
    const snapshot = await opened(expected, source, manifest, reasons);
    if (snapshot === null) continue;
    const otherIsOurs = backup !== null && sameOwner(backup, expected.owner);
    return { ...common, snapshot, backup: otherIsOurs ? backup : null };
  }
  return { ...common, snapshot: null, backup: null };
}

async function listed(files: Files, reasons: string[]): Promise<readonly string[]> {
  try {
    return await files.list();
  } catch (error) {
    reasons.push(`folder: ${toChlError(error, 'snapshot.open').message}`);
    return [];
  }
}

async function manifestIn(files: Files, name: string, reasons: string[]): Promise<Manifest | null> {
  try {
    const bytes = await files.read(name);
    return bytes === null ? null : await decodeManifest(bytes);
  } catch (error) {
    reasons.push(`${name}: ${toChlError(error, 'snapshot.open').message}`);
    return null;
  }
}

async function opened(
  { files, owner, nonceOf }: Expectation,
  source: OpenedSnapshot['source'],
  manifest: Manifest,
  reasons: string[],
): Promise<OpenedSnapshot | null> {
  try {
    checkOwner(manifest, owner);
    const segments: OpenedSegment[] = [];
    for (const entry of manifest.segments)
      segments.push({ entry, data: await readSegment(files, entry, owner) });
    const chain = await readLogChain(files, { owner, logFrom: manifest.logFrom, base: manifest.base });
    const completeTo = chain.end;
    const refusal = await refusalOf(newest(manifest.asOf, completeTo), nonceOf);
    if (refusal !== null) throw corrupt(refusal);
    reasons.push(...chain.notes);
    return { source, manifest, segments, growing: chain.logs, completeTo, chain };
  } catch (error) {
    if (error instanceof NonceLookupFailed) throw error.cause;
    reasons.push(`${source}: ${toChlError(error, 'snapshot.open').message}`);
    return null;
  }
}

function checkOwner(manifest: Manifest, owner: LogOwner): void {
  if (manifest.databaseUuid !== owner.databaseUuid) throw corrupt('belongs to another database');
  if (manifest.epoch !== owner.epoch)
    throw corrupt(`is of epoch ${manifest.epoch}, the database is at ${owner.epoch}`);
  if (manifest.fingerprint !== owner.fingerprint) throw corrupt(`holds vectors of ${manifest.fingerprint}`);
  if (manifest.dimension !== owner.dimension)
    throw corrupt(`holds vectors of ${manifest.dimension} dimensions`);
}

/** Length and SHA-256 first: no parser, least of all a native one, sees a byte that was not written so. */
export async function readSegment(
  files: Files,
  entry: Pick<ManifestSegment, 'file' | 'bytes' | 'sha256'>,
  owner: Pick<LogOwner, 'fingerprint' | 'dimension'>,
): Promise<SegmentData> {
  const size = await files.sizeBytes(entry.file);
  if (size !== entry.bytes) {
    throw corrupt(
      size === null ? `misses ${entry.file}` : `has ${size} bytes in ${entry.file} instead of ${entry.bytes}`,
    );
  }
  const bytes = await files.read(entry.file);
  if (bytes === null || (await sha256Hex(bytes)) !== entry.sha256)
    throw corrupt(`has a damaged ${entry.file}`);
  const data = decodeSegment(bytes);
  if (data.fingerprint !== owner.fingerprint || data.dimension !== owner.dimension) {
    throw corrupt(`has vectors of ${data.fingerprint} in ${entry.file}`);
  }
  return data;
}

const newest = (one: ChangeMark, other: ChangeMark): ChangeMark => (one.seq > other.seq ? one : other);

/**
 * The newest change that the snapshot knows of must be the database's change of that number; those
 * before it then are too, since each log continues the one before.
 */
async function refusalOf(mark: ChangeMark, nonceOf: IndexSource['nonceOf']): Promise<string | null> {
  if (mark.seq === 0) return null;
  const nonce = await nonceOf(mark.seq).catch((cause: unknown) => {
    throw new NonceLookupFailed(cause);
  });
  if (nonce === mark.nonce) return null;
  return nonce === null
    ? `knows change ${mark.seq}, which the database does not have`
    : `knows another change ${mark.seq} than the database has`;
}

/** The database could not be asked: not the snapshot's fault, so the caller hears of it. */
class NonceLookupFailed extends Error {
  constructor(cause: unknown) {
    super('nonce lookup failed', { cause });
  }
}

const corrupt = (what: string): ChlError =>
  new ChlError('CORRUPT', `The snapshot ${what}.`, { operation: 'snapshot.open' });
