import type { LackReasons } from '../../conformance/vector-backend.suite.ts';

/** What the exact scan does not do, and why that is right. */
export const flatLacks: LackReasons = {
  hnsw: 'an exact scan has no graph',
  serializable: 'the vectors are the index and are stored already',
};
