const SUBJECTS = [
  'upload',
  'migration',
  'cache',
  'index',
  'release',
  'login',
  'export',
  'retry',
  'queue',
  'page',
];
const VERBS = ['keep', 'measure', 'avoid', 'check', 'split', 'repeat', 'bound', 'log', 'cancel', 'batch'];
const OBJECTS = [
  'the key',
  'each step',
  'the timeout',
  'a snapshot',
  'the order',
  'one request',
  'the lock',
  'its size',
];
const CATEGORIES = ['API', 'TST', 'DOC', 'SEC', 'RFG', 'DEP'];

/** Mulberry32: the same numbers for the same seed, everywhere. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Import lines with a `ref` each: about 500 bytes, half a dozen sentences, like what agents write. */
export function* importLines(count: number, seed: number): Generator<string> {
  const random = randomFrom(seed);
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)]!;
  for (let number = 0; number < count; number += 1) {
    const sentences = Array.from(
      { length: 6 },
      () =>
        `When the ${pick(SUBJECTS)} of case ${Math.floor(random() * 5000)} fails, ${pick(VERBS)} ${pick(OBJECTS)}.`,
    );
    yield JSON.stringify({
      entity_type: 'experience',
      category_code: pick(CATEGORIES),
      data: {
        section: random() < 0.8 ? 'useful' : 'harmful',
        title: `${pick(VERBS)} ${pick(OBJECTS)} in ${pick(SUBJECTS)} ${number}`,
        playbook: sentences.join(' '),
      },
      ref: `bulk:${seed}:${number}`,
    });
  }
}
