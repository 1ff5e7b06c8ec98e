import { stem } from '../../../src/core/text/stem.ts';

/**
 * Words that technical prose uses about everything. The embedder sees one text at a time and cannot
 * know how rare a word is; this short list stands in for that knowledge.
 */
const COMMON_STEMS: ReadonlySet<string> = new Set(
  `add all allow change command contain create current data default directory display each enable example
  file first follow format get give information input instead item line list make mode more name need new
  number one only open option other output path print process program project read remove result run same
  select set show single specific specified specify start system text tool type update use used user value
  view work write`
    .split(/\s+/)
    .map(stem),
);

export function isCommonStem(stemmed: string): boolean {
  return COMMON_STEMS.has(stemmed);
}
