// @ts-check
/** @import {ErrorBody} from '../../../service/contract/errors.ts' */

import { base } from './base.js';

const KEY = `chl.key${base}`;

/** A refusal in the words of the API. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 when there was no answer
   * @param {string} code
   * @param {string} message
   * @param {string | null} hint
   */
  constructor(status, code, message, hint) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** Kept for this tab only, one for each namespace, and never in an address. */
export const key = {
  get: () => sessionStorage.getItem(KEY),
  /** @param {string | null} value */
  set: (value) => (value === null ? sessionStorage.removeItem(KEY) : sessionStorage.setItem(KEY, value)),
};

/**
 * Asks the API and answers what it says; `requests.js` knows what that is.
 *
 * @param {string} path after the base
 * @param {{method?: string, body?: unknown, headers?: Record<string, string>, signal?: AbortSignal | undefined, alsoStatus?: number}} [options]
 *   `alsoStatus` is an answer too, not a refusal
 * @returns {Promise<unknown>}
 * @throws ApiError
 */
export async function api(path, options = {}) {
  const { body, signal, ...rest } = options;
  const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const response = await send(path, {
    method: body === undefined ? 'GET' : 'POST',
    ...rest,
    headers: { ...json, ...options.headers },
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return /** @type {Promise<unknown>} */ (response.json());
}

/**
 * The answer itself, for what streams.
 *
 * @param {string} path after the base
 * @param {Omit<RequestInit, 'headers'> & {headers?: Record<string, string>, alsoStatus?: number}} [init]
 * @throws ApiError
 */
export async function send(path, init = {}) {
  const presented = key.get();
  const authorization = presented === null ? {} : { Authorization: `Bearer ${presented}` };
  const { alsoStatus, ...request } = init;
  const response = await fetch(base + path, {
    cache: 'no-store',
    ...request,
    headers: { ...authorization, ...init.headers },
  }).catch((/** @type {unknown} */ cause) => {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(0, 'UNREACHABLE', 'The service does not answer.', 'It may be restarting; try again.');
  });
  if (!response.ok && response.status !== alsoStatus) throw await refusal(response);
  return response;
}

/** @param {Response} response */
async function refusal(response) {
  const { status } = response;
  const body = /** @type {Partial<ErrorBody>} */ (await response.json().catch(() => ({})));
  const { code = 'UNKNOWN', message = `The service answered ${status}.`, hint = null } = body.error ?? {};
  if (status === 401) document.dispatchEvent(new CustomEvent('chl:key-needed'));
  return new ApiError(status, code, message, hint);
}

/** For `Idempotency-Key`; `crypto.randomUUID` is there on secure origins only. */
export function newIdempotencyKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
