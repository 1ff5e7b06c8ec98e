import { expect, test } from 'vitest';
import { GrowingSegment } from '../../../src/core/engine/growing-segment.ts';
import { wasmScanKernels } from '../../../src/core/engine/quantised-kernel.ts';
import { SealedSegment } from '../../../src/core/engine/sealed-segment.ts';
import { View } from '../../../src/core/engine/view.ts';
import type { BackendIndex } from '../../../src/core/ports/vector-backend.ts';

class ClosableIndex implements BackendIndex {
  readonly rowCount = 1;
  readonly memoryBytes = 0;
  isClosed = false;

  search() {
    return { rows: Int32Array.of(0), scores: Float32Array.of(1) };
  }

  async serialize() {
    return new Uint8Array();
  }

  close() {
    this.isClosed = true;
  }
}

function sealed(id: number, index: BackendIndex): SealedSegment {
  const file = { name: `segment-0000000${id}`, bytes: 1, sha256: '' };
  return new SealedSegment(id, {
    kind: 'flat',
    backend: 'flat',
    ids: Float64Array.of(id),
    vectors: Float32Array.of(1),
    index,
    quantised: null,
    graph: null,
    hnsw: { m: 16, efConstruction: 80, efSearch: 64 },
    file,
  });
}

const growing = new GrowingSegment({
  id: 9,
  maxRows: 4,
  dimension: 1,
  kernels: wasmScanKernels,
  firstLog: 0,
});

test('a segment is freed when the last view that lists it is let go, and not before', () => {
  const indexes = [new ClosableIndex(), new ClosableIndex()] as const;
  const [kept, dropped] = [sealed(1, indexes[0]), sealed(2, indexes[1])];
  const before = new View({ sealed: [kept, dropped], frozen: [], growing });
  const reader = before.pin();
  const after = new View({ sealed: [kept], frozen: [], growing });
  before.release();
  expect(indexes.map((index) => index.isClosed)).toEqual([false, false]);
  reader.release();
  expect(indexes.map((index) => index.isClosed)).toEqual([false, true]);
  after.release();
  expect(indexes.map((index) => index.isClosed)).toEqual([true, true]);
});
