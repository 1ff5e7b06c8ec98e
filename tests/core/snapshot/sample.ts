import { asSeq } from '../../../src/core/ids.ts';
import type { ChangeMark } from '../../../src/core/ports/index-source.ts';
import type { LogOwner } from '../../../src/core/snapshot/growing-log.ts';
import type { LogRecord } from '../../../src/core/snapshot/growing-log-record.ts';
import type { SegmentData } from '../../../src/core/snapshot/segment-file.ts';

export const DIMENSION = 4;

export const owner: LogOwner = {
  databaseUuid: '0f4a1c9e',
  epoch: 1,
  fingerprint: 'hash@1/4/unit',
  dimension: DIMENSION,
};

/** The feed of a made-up database: change n has nonce "nonce-n". */
export const nonceOf = async (seq: number): Promise<string | null> => `nonce-${seq}`;
export const mark = (seq: number): ChangeMark => ({
  seq: asSeq(seq),
  nonce: seq === 0 ? '' : `nonce-${seq}`,
});

/** A vector that tells its id, so that a mix-up shows. */
export const vectorOf = (id: number): number[] => [id, id + 0.25, id + 0.5, id + 0.75];

export const idsOf = (...ids: readonly number[]): Float64Array => Float64Array.from(ids);
export const vectorsOf = (...ids: readonly number[]): Float32Array =>
  Float32Array.from(ids.flatMap(vectorOf));

export function record(
  after: number,
  last: number,
  added: readonly number[],
  removed: readonly number[] = [],
): LogRecord {
  return {
    after: asSeq(after),
    last: mark(last),
    added: idsOf(...added),
    vectors: vectorsOf(...added),
    removed: idsOf(...removed),
  };
}

export function segment(...ids: readonly number[]): SegmentData {
  return {
    kind: 'flat',
    backend: 'flat',
    dimension: DIMENSION,
    hnsw: { m: 16, efConstruction: 100, efSearch: 64 },
    fingerprint: owner.fingerprint,
    ids: idsOf(...ids),
    vectors: vectorsOf(...ids),
    backendBytes: null,
  };
}
