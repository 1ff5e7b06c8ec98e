import type { LackReasons } from '../../conformance/vector-backend.suite.ts';

/** What the portable backends cannot do, and why that is right. */
export const flatLacks: LackReasons = {
  hnsw: 'an exact scan has no graph',
  serializable: 'the vectors are the index and are stored already',
};

export const hnswlibWasmLacks: LackReasons = {
  flat: "the library's scalar brute force over a copy is no faster than the flat backend",
};
