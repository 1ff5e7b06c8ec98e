import process from 'node:process';
import { parseArgs } from 'node:util';

/**
 * `npm run bench:NAME -- [dataDir] [--seconds 5]`: the data folder, else CHL_TEST_DATA, else
 * `../shared/data`; where there is none, data is generated. Every option is a number.
 */
export function benchArguments<Defaults extends Readonly<Record<string, number>>>(
  defaults: Defaults,
): { readonly dataDir: string } & { readonly [Name in keyof Defaults]: number } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }])),
  });
  const numbers = Object.entries(defaults).map(([name, fallback]) => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (!Number.isFinite(value)) throw new TypeError(`--${name} must be a number.`);
    return [name, value] as const;
  });
  return {
    dataDir: positionals[0] ?? process.env['CHL_TEST_DATA'] ?? '../shared/data',
    ...(Object.fromEntries(numbers) as { [Name in keyof Defaults]: number }),
  };
}
