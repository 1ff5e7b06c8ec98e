/**
 * The short form runs with everything else; the long form by `npm run test:faults`. Either prints its
 * seed first: `CHL_FAULT_SEED` runs it again.
 */
export const isLong = process.env['CHL_FAULTS'] === 'long';

export function chooseSeed(what: string): number {
  const seed = Number(process.env['CHL_FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${what}: seed ${seed} (CHL_FAULT_SEED), ${isLong ? 'long' : 'short'} form`);
  return seed;
}
