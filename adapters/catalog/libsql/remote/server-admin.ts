import { ChlError } from '../../../../src/core/errors.ts';

export interface ServerAdminOptions {
  /** Where the server's admin API listens. */
  readonly url: string;
  /** Null: it asks for none. */
  readonly key: string | null;
}

/** Making a database takes 20 to 150 ms (sqld 0.24). */
const REQUEST_TIMEOUT_MS = 10_000;

/** As sqld has it for its first database, and not for those that are made later. */
const TRANSACTION_TIMEOUT_S = 5;

/** Makes and deletes the databases of a libSQL server (docs/ADMIN_API.md of the libSQL repository). */
export class ServerAdmin {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, key }: ServerAdminOptions) {
    this.#base = `${url.replace(/\/+$/, '')}/v1/namespaces`;
    this.#headers = {
      'Content-Type': 'application/json',
      ...(key === null ? {} : { Authorization: `basic ${key}` }),
    };
  }

  /** @throws CONFIGURATION when this is no admin API or the key is wrong, UNAVAILABLE */
  async check(): Promise<void> {
    const { ok, text } = await this.#ask('GET', 'default/config');
    // The API answers 200 also for paths that it does not have.
    if (ok && text.startsWith('{')) return;
    throw new ChlError('CONFIGURATION', 'What answers at CHL_DATABASE_ADMIN_URL is no admin API of libSQL.', {
      operation: 'namespaces.admin',
      hint: 'Give the address that sqld was started with as --admin-listen-addr.',
    });
  }

  /** @param place a name that no database of the server has */
  async create(place: string): Promise<void> {
    const body = JSON.stringify({ txn_timeout_s: TRANSACTION_TIMEOUT_S });
    const { ok, status, text } = await this.#ask('POST', `${place}/create`, body);
    if (!ok) throw failed(`The libSQL server did not make a database (${status}).`, text);
  }

  /** With everything in it; one that is gone already is as good. */
  async remove(place: string): Promise<void> {
    const { ok, status, text } = await this.#ask('DELETE', place);
    if (!ok && status !== 404) throw failed(`The libSQL server did not delete a database (${status}).`, text);
  }

  async #ask(method: string, path: string, body: string | null = null): Promise<Answer> {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    let answer: Answer;
    try {
      const response = await fetch(`${this.#base}/${path}`, { method, headers: this.#headers, body, signal });
      answer = { ok: response.ok, status: response.status, text: await response.text() };
    } catch (cause) {
      throw failed('The admin API of the libSQL server does not answer.', cause);
    }
    if (answer.status !== 401) return answer;
    throw new ChlError('CONFIGURATION', 'The admin API of the libSQL server refuses the key.', {
      operation: 'namespaces.admin',
      hint: 'CHL_DATABASE_ADMIN_KEY must be what sqld was started with as --admin-auth-key.',
    });
  }
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
}

const failed = (message: string, cause: unknown): ChlError =>
  new ChlError('UNAVAILABLE', message, {
    operation: 'namespaces.admin',
    cause,
    hint: 'Check CHL_DATABASE_ADMIN_URL, and whether the server runs.',
    retryAfterSeconds: 1,
  });
