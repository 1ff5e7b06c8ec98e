/**
 * Some clients send object and list arguments as JSON text. For the named arguments both forms are
 * accepted; text that is not JSON of the right kind stays as it is and is refused by its schema.
 */
export function parseJsonArguments(
  args: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  const parsed: Record<string, unknown> = { ...args };
  for (const name of names) {
    const value = parsed[name];
    if (typeof value === 'string') parsed[name] = parseStructure(value);
  }
  return parsed;
}

function parseStructure(raw: string): unknown {
  const first = raw.trimStart()[0];
  if (first !== '{' && first !== '[') return raw;
  try {
    return JSON.parse(raw);
  } catch {
    return raw; // refused by the schema, which names the field
  }
}
