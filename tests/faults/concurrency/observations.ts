/**
 * What clients saw of a service, each observation with the moments between which it happened. From
 * these it is judged whether the service behaved as one memory: every entry has one history, which
 * respects the order in which answers and requests followed each other, and every search sees it.
 */

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** An acknowledged write. A delete has the version that it ended. */
export interface Write extends Span {
  readonly name: string;
  readonly kind: 'create' | 'update' | 'delete';
  readonly version: number;
}

/** A search for what only this entry holds. */
export interface Search extends Span {
  readonly name: string;
  readonly mode: string;
  /** The version shown; null when the entry was not in the answer. */
  readonly version: number | null;
}

export interface Observations {
  readonly writes: readonly Write[];
  readonly searches: readonly Search[];
}

/** @returns every observation that no single order of events explains, in words */
export function contradictions({ writes, searches }: Observations): readonly string[] {
  const writesOf = grouped(writes);
  return [
    ...[...writesOf].flatMap(([name, own]) => historyFindings(name, own)),
    ...searches.flatMap((search) => searchFinding(search, writesOf.get(search.name) ?? []) ?? []),
  ];
}

/** One create, versions without gaps or repetitions, a delete at the end, and time never runs back. */
function historyFindings(name: string, writes: readonly Write[]): readonly string[] {
  const order = writes.toSorted((one, other) => one.version - other.version || rank(one) - rank(other));
  const findings: string[] = [];
  const versions = order.filter(({ kind }) => kind !== 'delete').map(({ version }) => version);
  if (versions.some((version, place) => version !== place + 1)) {
    findings.push(`${name} has the versions ${versions.join()}`);
  }
  const deletes = order.filter(({ kind }) => kind === 'delete');
  if (deletes.length > 1) findings.push(`${name} was deleted ${deletes.length} times`);
  if (deletes.length === 1 && order.at(-1) !== deletes[0]) findings.push(`${name} was written after its end`);
  order.forEach((write, place) => {
    const next = order[place + 1];
    if (next !== undefined && next.endMs < write.startMs) {
      findings.push(
        `${name}: ${next.kind} ${next.version} was answered before ${write.kind} ${write.version} was sent`,
      );
    }
  });
  return findings;
}

const rank = ({ kind }: Write): number => (kind === 'delete' ? 1 : 0);

/** A search must show what was acknowledged before it began, and nothing that was sent after it ended. */
function searchFinding(
  { name, mode, version, startMs, endMs }: Search,
  writes: readonly Write[],
): string | null {
  const before = writes.filter((write) => write.endMs < startMs);
  const sent = writes.filter((write) => write.startMs < endMs);
  const deleted = before.find(({ kind }) => kind === 'delete');
  if (version !== null) {
    if (deleted !== undefined) return `${mode} shows ${name}, whose delete was acknowledged`;
    const newest = Math.max(0, ...sent.map((write) => write.version));
    if (version > newest) return `${mode} shows ${name} at ${version}, which nobody had sent`;
  }
  const atLeast = Math.max(0, ...before.map((write) => write.version));
  if (version !== null && version < atLeast)
    return `${mode} shows ${name} at ${version}; ${atLeast} was acknowledged`;
  const mayBeGone = sent.some(({ kind }) => kind === 'delete');
  if (version === null && atLeast > 0 && !mayBeGone)
    return `${mode} misses ${name}, acknowledged at ${atLeast}`;
  return null;
}

function grouped(writes: readonly Write[]): ReadonlyMap<string, readonly Write[]> {
  const groups = new Map<string, Write[]>();
  for (const write of writes) {
    const group = groups.get(write.name);
    if (group === undefined) groups.set(write.name, [write]);
    else group.push(write);
  }
  return groups;
}
