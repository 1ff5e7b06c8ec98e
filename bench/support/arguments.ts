import process from 'node:process';
import { parseArgs } from 'node:util';

type Numbers = Readonly<Record<string, number>>;

/**
 * `npm run bench:NAME -- [dataDir] [--quick] [--seconds 5]`: the data folder, else CHL_TEST_DATA, else
 * `../shared/data`; where there is none, data is generated. Every other option is a number.
 *
 * @param quick what `--quick` takes instead of the defaults: a look in a minute or two
 */
export function benchArguments<Defaults extends Numbers>(
  defaults: Defaults,
  quick: Partial<Readonly<Record<keyof Defaults, number>>> = {},
): { readonly dataDir: string } & { readonly [Name in keyof Defaults]: number } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      ...Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }])),
    },
  });
  const chosen: Numbers = values.quick === true ? { ...defaults, ...quick } : defaults;
  const numbers = Object.entries(chosen).map(([name, fallback]) => {
    const given = (values as Readonly<Record<string, string | boolean | undefined>>)[name];
    const value = given === undefined ? fallback : Number(given);
    if (!Number.isFinite(value)) throw new TypeError(`--${name} must be a number.`);
    return [name, value] as const;
  });
  return {
    dataDir: positionals[0] ?? process.env['CHL_TEST_DATA'] ?? '../shared/data',
    ...(Object.fromEntries(numbers) as { [Name in keyof Defaults]: number }),
  };
}
