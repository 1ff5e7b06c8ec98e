import * as z from 'zod';

/**
 * How text from the environment becomes a value. Every schema takes the raw text, so that what a
 * person wrote is what an error quotes.
 */

export function integer(min: number, max: number) {
  return z.string().transform((raw, context) => {
    const value = /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
    if (value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}` });
    return z.NEVER;
  });
}

/** A share strictly between 0 and 1, such as 0.10. */
export function ratio() {
  return z.string().transform((raw, context) => {
    const value = /^\d*\.?\d+$/.test(raw) ? Number(raw) : Number.NaN;
    if (value > 0 && value < 1) return value;
    context.addIssue({ code: 'custom', message: 'must be a number between 0 and 1, such as 0.10' });
    return z.NEVER;
  });
}

export function oneOf<const Choices extends readonly [string, ...string[]]>(choices: Choices) {
  return z.enum(choices, { error: () => `must be one of ${choices.join(', ')}` });
}

export function text(maxLength: number) {
  return z.string().max(maxLength, { error: () => `must be at most ${maxLength} characters` });
}

/** A token in the address would end up in logs; it has a variable of its own, which is kept secret. */
function isPlainServer(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : null;
  return url !== null && url.host !== '' && url.username === '' && url.password === '' && url.search === '';
}

/** A libSQL address. */
export function databaseUrl() {
  return z
    .string()
    .refine((value) => (/^(https?|libsql):/.test(value) ? isPlainServer(value) : /^file:./.test(value)), {
      error: () =>
        'must be a file: URL such as file:///var/lib/chl/chl.db, or the address of a libSQL server such as https://db.example, without user, password or query',
    });
}

/** Origins as a browser sends them, such as https://chl.example.com, separated by commas. */
export function origins() {
  return z.string().transform((raw, context) => {
    const values = raw.split(',').map((part) => part.trim());
    if (values.every((value) => URL.canParse(value) && new URL(value).origin === value)) return values;
    context.addIssue({ code: 'custom', message: 'must hold origins, such as https://chl.example.com' });
    return z.NEVER;
  });
}

/** Of another service. Without user and password, which belong into a variable that is kept secret. */
export function httpUrl() {
  return z.string().refine(
    (value) => {
      const url = URL.canParse(value) ? new URL(value) : null;
      return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
    },
    { error: () => 'must be an address such as http://127.0.0.1:11434/v1, without user and password' },
  );
}
