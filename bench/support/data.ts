import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusteredVectors, seededRandom, type Random } from '../../tests/support/random-vectors.ts';

/** A line of the import format. */
export interface EntryLine {
  readonly entity_type: 'experience';
  readonly category_code: string;
  readonly data: { readonly section: string; readonly title: string; readonly playbook: string };
  readonly ref: string;
}

export interface TextData {
  /** `real` from the data folder, `generated` where there is none. */
  readonly origin: 'real' | 'generated';
  readonly entries: readonly EntryLine[];
  readonly queries: readonly string[];
}

/**
 * `count` entries and the queries for them. Beyond what the folder has, entries are made by joining
 * the words of two real ones, so that the vocabulary stays that of the data.
 */
export function loadTexts(dataDir: string, seed: number, count = 20_000): TextData {
  const file = join(dataDir, 'notes-20000.ndjson');
  const random = seededRandom(seed);
  if (!existsSync(file)) return generatedTexts(random, count);
  const real = lines(file).map((line) => JSON.parse(line) as EntryLine);
  const entries = Array.from({ length: count }, (_, at) => real[at] ?? mixed(real, at, random));
  return { origin: 'real', entries, queries: lines(join(dataDir, 'note-queries-500.txt')) };
}

export interface VectorData {
  readonly origin: 'real' | 'generated';
  readonly dimension: number;
  /** rows × dimension, row-major, unit length. */
  readonly base: Float32Array;
  readonly queries: Float32Array;
}

const DIMENSION = 384;

export function loadVectors(dataDir: string, seed: number, count = 20_000): VectorData {
  const folder = join(dataDir, 'vectors');
  const file = join(folder, 'base-20000x384.f32');
  const random = seededRandom(seed);
  if (!existsSync(file)) {
    const all = clusteredVectors(random, {
      rows: count + 500,
      dimension: DIMENSION,
      clusters: 200,
      spread: 0.8,
    });
    const split = count * DIMENSION;
    return {
      origin: 'generated',
      dimension: DIMENSION,
      base: all.slice(0, split),
      queries: all.slice(split),
    };
  }
  const real = floats(file);
  const queries = floats(join(folder, 'queries-500x384.f32'));
  return { origin: 'real', dimension: DIMENSION, base: stretched(real, count, random), queries };
}

/** More rows than there are: each further one is a real one, moved a little. */
function stretched(real: Float32Array, count: number, random: Random): Float32Array {
  if (count * DIMENSION <= real.length) return real.slice(0, count * DIMENSION);
  const base = new Float32Array(count * DIMENSION);
  base.set(real);
  for (let at = real.length; at < base.length; at += DIMENSION) {
    const from = Math.floor(random() * (real.length / DIMENSION)) * DIMENSION;
    const other = Math.floor(random() * (real.length / DIMENSION)) * DIMENSION;
    let squares = 0;
    for (let i = 0; i < DIMENSION; i += 1) {
      const value = real[from + i]! + 0.6 * real[other + i]! + (random() - 0.5) * 0.02;
      base[at + i] = value;
      squares += value * value;
    }
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < DIMENSION; i += 1) base[at + i]! *= scale;
  }
  return base;
}

function floats(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

const lines = (file: string): readonly string[] => readFileSync(file, 'utf8').trimEnd().split('\n');

const TITLE_CHARS_MAX = 120;

function mixed(real: readonly EntryLine[], at: number, random: Random): EntryLine {
  const pick = (): EntryLine => real[Math.floor(random() * real.length)]!;
  const [one, other] = [pick(), pick()];
  return {
    ...one,
    data: {
      section: 'useful',
      title: `${one.data.title} ${at}`.slice(0, TITLE_CHARS_MAX),
      playbook: `${one.data.playbook} ${other.data.playbook}`,
    },
    ref: `note-${at}`,
  };
}

const GENERATED_CATEGORIES = ['API', 'TST', 'SEC', 'DOC', 'OBS', 'DEP', 'RFG', 'DBM'];
const SYLLABLES = ['ka', 'ri', 'to', 'me', 'lu', 'sa', 'no', 'vi', 'de', 'po', 'an', 'er', 'il', 'ux', 'ob'];

function generatedTexts(random: Random, count: number): TextData {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const words = Array.from({ length: 4_000 }, () =>
    Array.from({ length: 2 + Math.floor(random() * 3) }, () => pick(SYLLABLES)).join(''),
  );
  // Squared: a few words are frequent and most are rare, as in natural text.
  const sentence = (length: number): string =>
    Array.from({ length }, () => words[Math.floor(random() ** 2 * words.length)]!).join(' ');
  const entries = Array.from({ length: count }, (_, at): EntryLine => ({
    entity_type: 'experience',
    category_code: pick(GENERATED_CATEGORIES),
    data: { section: 'useful', title: sentence(6), playbook: sentence(20) },
    ref: `note-${at}`,
  }));
  return { origin: 'generated', entries, queries: Array.from({ length: 500 }, () => sentence(4)) };
}
