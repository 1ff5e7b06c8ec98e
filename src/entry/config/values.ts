import { z } from 'zod';

/**
 * How text from the environment becomes a value. Every schema takes the raw text, so that what a
 * person wrote is what an error quotes.
 */

export function integer(min: number, max: number) {
  return z.string().transform((text, context) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}` });
    return z.NEVER;
  });
}

/** A share strictly between 0 and 1, such as 0.10. */
export function ratio() {
  return z.string().transform((text, context) => {
    const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
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

const DATABASE_PROTOCOLS = new Set(['file:', 'libsql:', 'http:', 'https:', 'ws:', 'wss:']);

/** A libSQL address. Credentials belong in a variable of their own, so that logs never show them. */
export function databaseUrl() {
  return z.string().transform((value, context) => {
    const url = URL.canParse(value) ? new URL(value) : null;
    if (url === null || !DATABASE_PROTOCOLS.has(url.protocol)) {
      context.addIssue({ code: 'custom', message: 'must be a URL: file:, libsql:, http(s): or ws(s):' });
      return z.NEVER;
    }
    if (url.password !== '' || url.searchParams.has('authToken')) {
      context.addIssue({ code: 'custom', message: 'must not hold a token; put it in CHL_DATABASE_AUTH_TOKEN' });
      return z.NEVER;
    }
    return value;
  });
}
