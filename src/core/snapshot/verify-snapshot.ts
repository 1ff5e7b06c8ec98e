import type { CheckResult } from '../check-result.ts';
import { toChlError } from '../errors.ts';
import type { Files } from '../ports/files.ts';
import type { ChangeMark, IndexSource } from '../ports/index-source.ts';
import { logName, MANIFEST, MANIFEST_BACKUP } from './file-names.ts';
import type { LogOwner } from './growing-log.ts';
import { readLogChain, type LogChain } from './log-chain.ts';
import { decodeManifest, type Manifest } from './manifest.ts';
import { readSegment } from './open-snapshot.ts';
import type { SegmentData } from './segment-file.ts';

export interface SnapshotExpectation {
  readonly files: Files;
  readonly owner: LogOwner;
  readonly horizon: ChangeMark;
  /** Every vector that lives in the database. */
  readonly liveIds: ReadonlySet<number>;
  readonly nonceOf: IndexSource['nonceOf'];
}

const NAMED_MAX = 20;

/** Length and CRC before the body of a log's record. */
const FRAME_BYTES = 8;

/**
 * Reads both snapshots as recovery would, and goes on where recovery would give up: each file is
 * looked at by itself. Changes nothing.
 */
export async function verifySnapshots(expected: SnapshotExpectation): Promise<readonly CheckResult[]> {
  const checks: CheckResult[] = [];
  for (const [name, title] of [
    [MANIFEST, 'snapshot'],
    [MANIFEST_BACKUP, 'backup snapshot'],
  ] as const) {
    checks.push(...(await verifyOne(expected, name, title)));
  }
  return checks;
}

async function verifyOne(
  expected: SnapshotExpectation,
  name: string,
  title: string,
): Promise<readonly CheckResult[]> {
  const { files, owner, horizon } = expected;
  const readable = `the ${title}'s manifest is readable`;
  let manifest: Manifest;
  try {
    const bytes = await files.read(name);
    if (bytes === null) return [{ check: readable, detail: 'there is none', problems: [] }];
    manifest = await decodeManifest(bytes);
  } catch (error) {
    return [{ check: readable, detail: '', problems: [toChlError(error).message] }];
  }
  const foreign = foreignness(manifest, owner);
  const detail = `generation ${manifest.generation}, ${manifest.segments.length} segments`;
  if (foreign !== null) {
    return [
      { check: readable, detail: `${detail}; ${foreign}, so the next start will not use it`, problems: [] },
    ];
  }
  const { segments, problems } = await readSegments(expected, manifest);
  const chain = await readLogChain(files, { owner, logFrom: manifest.logFrom, base: manifest.base });
  const known = manifest.asOf.seq > chain.end.seq ? manifest.asOf : chain.end;
  const nonce = known.seq === 0 ? known.nonce : await expected.nonceOf(known.seq);
  const undone = nonce === known.nonce ? [] : [`it knows change ${known.seq}, which is not the database's`];
  return [
    { check: readable, detail, problems: [] },
    { check: `the ${title}'s segments are whole`, detail: `${segments.length} read`, problems },
    {
      check: `the ${title}'s growing logs continue it`,
      // A tail that was being written when the process died is cut by the next start.
      detail: [
        `${chain.logs.length} logs, up to change ${chain.end.seq} of ${horizon.seq}`,
        ...chain.notes,
      ].join('; '),
      problems: [...undone, ...(await damagedLogs(files, chain))],
    },
    ...(problems.length > 0
      ? []
      : [compareIds(expected, title, heldIds(manifest, segments, chain), chain.end)]),
  ];
}

/** Not damage: a restore or another embedder leaves such a snapshot behind. */
function foreignness(manifest: Manifest, owner: LogOwner): string | null {
  if (manifest.databaseUuid !== owner.databaseUuid) return 'it belongs to another database';
  if (manifest.epoch !== owner.epoch)
    return `it is of epoch ${manifest.epoch}, the database of ${owner.epoch}`;
  if (manifest.fingerprint !== owner.fingerprint) return 'it holds vectors of another embedder';
  return null;
}

async function readSegments({ files, owner }: SnapshotExpectation, manifest: Manifest) {
  const segments: SegmentData[] = [];
  const problems: string[] = [];
  for (const entry of manifest.segments) {
    try {
      segments.push(await readSegment(files, entry, owner));
    } catch (error) {
      problems.push(toChlError(error).message);
    }
  }
  return { segments, problems };
}

/**
 * A crash leaves one unfinished record at the end. A bad record with more behind it than it could
 * have had itself was damaged later.
 */
async function damagedLogs(files: Files, { logs }: LogChain): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { name, goodBytes } of logs.map((log) => ({
    name: logName(log.number),
    goodBytes: log.goodBytes,
  }))) {
    const bytes = await files.read(name);
    if (bytes === null || goodBytes + 4 > bytes.length) continue;
    const bodyBytes = new DataView(bytes.buffer, bytes.byteOffset + goodBytes).getUint32(0, true);
    const more = bytes.length - (goodBytes + FRAME_BYTES + bodyBytes);
    if (more >= 0) problems.push(`${name} is damaged at byte ${goodBytes}`);
  }
  return problems;
}

function heldIds(manifest: Manifest, segments: readonly SegmentData[], { logs }: LogChain): Set<number> {
  const held = new Set<number>();
  segments.forEach(({ ids }, place) => {
    const dead = new Set(manifest.segments[place]?.tombstones);
    ids.forEach((id, row) => {
      if (!dead.has(row)) held.add(id);
    });
  });
  for (const { ids } of logs) for (const id of ids) held.add(id);
  for (const { removed } of logs) for (const id of removed) held.delete(id);
  return held;
}

function compareIds(
  { liveIds, horizon }: SnapshotExpectation,
  title: string,
  held: ReadonlySet<number>,
  end: ChangeMark,
): CheckResult {
  const missing = [...liveIds].filter((id) => id <= end.seq && !held.has(id));
  // What died after the snapshot's end is still in it, rightly.
  const dead = end.seq < horizon.seq ? [] : [...held].filter((id) => !liveIds.has(id));
  return {
    check: `the ${title} has the vectors of the database`,
    detail: `${held.size} vectors`,
    problems: [
      ...missing.map((id) => `vector ${id} is missing`),
      ...dead.map((id) => `vector ${id} is dead in the database`),
    ].slice(0, NAMED_MAX),
  };
}
