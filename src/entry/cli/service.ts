import type * as z from 'zod';
import { errorBody } from '../../service/contract/errors.ts';
import { CommandError, EXIT } from './command-error.ts';

/**
 * The service as the commands see it: its own HTTP interface, whether it runs elsewhere or was
 * opened in this process for the length of one command.
 */
export interface Service {
  /** For messages: the address, or the data folder. */
  readonly place: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** @throws CommandError when the service refused, failed or answered something else than JSON */
export async function callJson(service: Service, path: string, body?: unknown): Promise<unknown> {
  const response = await accepted(
    service,
    await service.fetch(path, body === undefined ? {} : jsonRequest(body)),
  );
  try {
    return await response.json();
  } catch (cause) {
    throw notChl(service, cause);
  }
}

/** As `callJson`, checked against the contract. */
export async function call<Schema extends z.ZodType>(
  service: Service,
  schema: Schema,
  path: string,
  body?: unknown,
): Promise<z.output<Schema>> {
  return checked(service, schema, await callJson(service, path, body));
}

export function checked<Schema extends z.ZodType>(
  service: Service,
  schema: Schema,
  answer: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw notChl(service, parsed.error);
  return parsed.data;
}

/** The response, when it is a good one. */
export async function accepted(service: Service, response: Response): Promise<Response> {
  if (response.ok) return response;
  const parsed = errorBody.safeParse(await response.json().catch(() => null));
  const exitCode = response.status < 500 ? EXIT.refused : EXIT.failure;
  if (!parsed.success) throw new CommandError(exitCode, `${service.place} answered ${response.status}.`);
  const { detail, error } = parsed.data;
  const hint = error.code === 'UNAUTHENTICATED' ? 'Pass a key with --key or CHL_API_KEY.' : error.hint;
  throw new CommandError(exitCode, detail, hint === undefined ? {} : { hint });
}

export function jsonRequest(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

function notChl(service: Service, cause: unknown): CommandError {
  return new CommandError(
    EXIT.failure,
    `${service.place} does not answer like a CHL service of this version.`,
    { cause },
  );
}
