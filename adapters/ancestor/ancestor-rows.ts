/** A row as SQLite gives it; which columns there are depends on the ancestor's age. */
export type AncestorRow = Readonly<Record<string, unknown>>;

/** What becomes of a row: a line of `entries/import`, or why not. */
export type MappedRow =
  | { readonly ref: string; readonly line: Readonly<Record<string, unknown>> }
  | { readonly ref: string | null; readonly problem: string };

/** `skill.description` holds so many characters. */
const DESCRIPTION_CHARS = 1024;
const NAME_CHARS = 64;

/** The rest is checked where every import is checked: by the service. */
export function experienceLine(row: AncestorRow): MappedRow {
  const ref = textOf(row['id']);
  if (ref === null) return { ref, problem: 'it has no id' };
  if (textOf(row['deleted_at']) !== null) return { ref, problem: 'it is marked as deleted' };
  const category = textOf(row['category_code']);
  if (category === null) return { ref, problem: 'it has no category' };
  const context = jsonOf(row['context']);
  if (context === UNREADABLE) return { ref, problem: 'its context is not JSON' };
  const data = {
    section: textOf(row['section'])?.toLowerCase(),
    title: textOf(row['title']),
    playbook: textOf(row['playbook']) ?? textOf(row['content']),
    context,
  };
  return { ref, line: { entity_type: 'experience', category_code: category, data, ref, ...provenance(row) } };
}

/** @param takeName makes a name unique; called once a row, in the order of the rows */
export function skillLine(row: AncestorRow, takeName: (wanted: string) => string): MappedRow {
  const ref = textOf(row['id']);
  if (ref === null) return { ref, problem: 'it has no id' };
  if (textOf(row['deleted_at']) !== null) return { ref, problem: 'it is marked as deleted' };
  const category = textOf(row['category_code']);
  if (category === null) return { ref, problem: 'it has no category' };
  const called = textOf(row['name']) ?? textOf(row['title']);
  const kebab = called === null ? '' : kebabCase(called);
  if (called === null || kebab === '')
    return { ref, problem: 'it has no name that letters or digits could spell' };
  const content = textOf(row['content']) ?? textOf(row['body']);
  if (content === null) return { ref, problem: 'it has no content' };
  const summary = textOf(row['description']) ?? textOf(row['summary']) ?? called;
  const metadata = jsonOf(row['metadata']);
  const summaryChars = Array.from(summary);
  const isLong = summaryChars.length > DESCRIPTION_CHARS;
  const data = {
    name: takeName(kebab),
    description: isLong ? `${summaryChars.slice(0, DESCRIPTION_CHARS - 1).join('')}…` : summary,
    // A summary too long for a description is not lost.
    content: isLong ? `${summary}\n\n${content}` : content,
    license: textOf(row['license']),
    compatibility: textOf(row['compatibility']),
    metadata: metadata === UNREADABLE || metadata === null ? { title: called } : metadata,
    allowed_tools: textOf(row['allowed_tools']),
    model: textOf(row['model']),
  };
  return { ref, line: { entity_type: 'skill', category_code: category, data, ref, ...provenance(row) } };
}

/** `Review of a Pull Request` → `review-of-a-pull-request` */
export function kebabCase(text: string): string {
  const words = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  return words.join('-').slice(0, NAME_CHARS).replace(/-$/, '');
}

/** Names in use, and the next free one: `x`, `x-2`, `x-3`. The same rows in the same order get the same names. */
export function uniqueNames(): (wanted: string) => string {
  const taken = new Set<string>();
  return (wanted) => {
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) {
      const suffix = `-${number}`;
      name = wanted.slice(0, NAME_CHARS - suffix.length) + suffix;
    }
    taken.add(name);
    return name;
  };
}

function provenance(row: AncestorRow): Readonly<Record<string, string>> {
  const [author, source] = [textOf(row['author']), textOf(row['source'])];
  return { ...(author === null ? {} : { author }), ...(source === null ? {} : { source }) };
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

const UNREADABLE = Symbol('not JSON');

function jsonOf(value: unknown): unknown {
  const text = textOf(value);
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return UNREADABLE;
  }
}
