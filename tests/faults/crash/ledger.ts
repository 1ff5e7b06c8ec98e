/**
 * What the clients were told, kept outside the service: the entries they wrote, as acknowledged, and
 * the one operation of each that was under way when the service died.
 */

export interface Pending {
  readonly kind: 'create' | 'update' | 'delete';
  /** The revision it makes; 0 is no entry. */
  readonly revision: number;
  readonly idempotencyKey: string;
}

export interface LedgerEntry {
  /** Unique and the entry's `ref`: it is known by it before its id is. */
  readonly name: string;
  id: string | null;
  /** The acknowledged revision; 0: there is no such entry, or it was deleted. */
  revision: number;
  pending: Pending | null;
}

/** An entry as the service shows it. */
export interface Observed {
  readonly id: string;
  readonly name: string;
  /** Null when title and text are not of one revision. */
  readonly revision: number | null;
}

/** Every revision has a word of its own, in title and text, so that a mixture shows. */
export const titleOf = (name: string, revision: number): string => `Entry ${name} revision ${revision}`;
export const textOf = (name: string, revision: number): string =>
  `Text of ${name} ${wordOf(name, revision)}. ${`Sentence ${revision} of ${name}. `.repeat(1 + (revision % 7))}`.trim();
export const wordOf = (name: string, revision: number): string => `x${name}v${revision}`;

export function observe(entry: {
  readonly id: string;
  readonly title: string;
  readonly playbook: string;
}): Observed {
  const [, name = '', digits = ''] = /^Entry (\S+) revision (\d+)$/.exec(entry.title) ?? [];
  const revision = Number(digits);
  const isWhole = entry.playbook === textOf(name, revision);
  return { id: entry.id, name, revision: isWhole ? revision : null };
}

/**
 * Compares what the service has with what it promised: acknowledged writes are there, deleted entries
 * are not, the operation under way happened as a whole or not at all, and nothing else is there.
 * @returns every broken promise, in words
 */
export function brokenPromises(
  entries: Iterable<LedgerEntry>,
  observed: readonly Observed[],
): readonly string[] {
  const findings: string[] = [];
  const byName = new Map<string, Observed[]>();
  for (const one of observed) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  for (const entry of entries) {
    const [found, ...copies] = byName.get(entry.name) ?? [];
    byName.delete(entry.name);
    if (copies.length > 0) findings.push(`${entry.name} is there ${copies.length + 1} times`);
    const finding = judge(entry, found ?? null);
    if (finding !== null) findings.push(finding);
  }
  for (const name of byName.keys()) findings.push(`${name} was never written`);
  return findings;
}

function judge(entry: LedgerEntry, found: Observed | null): string | null {
  const { name, pending } = entry;
  if (found?.revision === null) return `${name} is torn`;
  if (found !== null && entry.id !== null && found.id !== entry.id) return `${name} has another id`;
  const revision = found?.revision ?? 0;
  if (revision === entry.revision || revision === pending?.revision) return null;
  const told = pending === null ? '' : `, with a ${pending.kind} to ${pending.revision} under way`;
  if (revision === 0) return `${name} is lost: revision ${entry.revision} was acknowledged${told}`;
  if (entry.revision === 0) return `${name} is back at revision ${revision} although it was deleted${told}`;
  return `${name} is at revision ${revision}; ${entry.revision} was acknowledged${told}`;
}
