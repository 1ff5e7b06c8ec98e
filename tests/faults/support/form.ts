/**
 * The short form runs with everything else; the long form by `npm run test:faults`. Either prints its
 * seed first: `CHL_FAULT_SEED` runs it again.
 */
export const isLong = process.env['CHL_FAULTS'] === 'long';

/** Figures of a run, for the log and for docs/reliability.md. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function chooseSeed(what: string): number {
  const seed = Number(process.env['CHL_FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  say(`${what}: seed ${seed} (CHL_FAULT_SEED), ${isLong ? 'long' : 'short'} form`);
  return seed;
}
