import type * as z from 'zod';

/** An input that a schema refuses, and the sentence that says so. */
export type RefusedCase = readonly [what: string, schema: z.ZodType, input: unknown, message: string];
