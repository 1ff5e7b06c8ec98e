import { Client } from '../../http/support/client.ts';
import { seededRandom, type Random } from '../../support/random-vectors.ts';
import type { Search, Write } from './observations.ts';

interface Known {
  readonly name: string;
  readonly id: string;
  version: number;
}

export interface CrowdOptions {
  /** Of services that share a database; each request goes to the next one. */
  readonly urls: readonly string[];
  /** Whether a request that a service could not answer is sent again, to the next one. */
  readonly isPatient?: boolean;
  /** Saves and rebuilds throughout. Default: yes. */
  readonly maintains?: boolean;
  readonly clients: number;
  readonly seed: number;
}

/** A patient client gives up after this. */
const ANSWER_MAX_MS = 60_000;
const PAUSE_MS = 50;

const ENTRIES_MIN = 30;
const ENTRIES_MAX = 150;
const MODES = ['text', 'hybrid', 'vector'] as const;

/** Clients that write, change, delete and search the same entries, and remember everything they saw. */
export class Crowd {
  readonly writes: Write[] = [];
  readonly searches: Search[] = [];
  /** Answers that nobody below the limits should get. */
  readonly complaints: string[] = [];
  /** What 412, 404 and 409 tell a client that came second. */
  refusals = 0;
  /** Requests of the patient that had to be sent again. */
  repeats = 0;
  readonly #options: CrowdOptions;
  readonly #clients: readonly Client[];
  readonly #random: Random;
  #turn = 0;
  /** The newest `seq` that anybody was answered: every search has to have considered it, on whatever service. */
  #newest = '';
  /** Not deleted, as far as anybody knows. */
  readonly #known: Known[] = [];
  /** Everything that was ever created: also what is gone is searched for. */
  readonly #names: string[] = [];

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#clients = options.urls.map((url) => new Client(url));
    this.#random = seededRandom(options.seed);
  }

  async run(signal: AbortSignal): Promise<void> {
    const clients = Array.from({ length: this.#options.clients }, async () => {
      while (!signal.aborted) await this.#act();
    });
    await Promise.all([...clients, ...(this.#options.maintains === false ? [] : [this.#maintain(signal)])]);
  }

  async #act(): Promise<void> {
    const dice = this.#random();
    const known = this.#known[Math.floor(this.#random() * this.#known.length)];
    if (known === undefined || this.#known.length < ENTRIES_MIN) return this.#create();
    if (dice < 0.5) return this.#search();
    if (dice < 0.75) return this.#update(known);
    if (dice < 0.85 || this.#known.length > ENTRIES_MAX) return this.#delete(known);
    return this.#create();
  }

  async #create(): Promise<void> {
    const name = `n${this.#names.length}x${Math.floor(this.#random() * 1e9)}`;
    this.#names.push(name);
    const answer = await this.#write('create', name, 1, '/api/v1/entries/write', {
      entity_type: 'experience',
      category_code: 'TST',
      duplicates: 'skip',
      data: { section: 'useful', ...contentOf(name, 1) },
    });
    if (answer !== null) this.#known.push({ name, id: answer.entry_id, version: 1 });
  }

  async #update(known: Known): Promise<void> {
    const version = known.version + 1;
    const answer = await this.#write('update', known.name, version, '/api/v1/entries/update', {
      entity_type: 'experience',
      category_code: 'TST',
      entry_id: known.id,
      expected_version: known.version,
      updates: contentOf(known.name, version),
    });
    if (answer !== null) known.version = Math.max(known.version, version);
  }

  async #delete(known: Known): Promise<void> {
    const { name, id, version } = known;
    const body = { entity_type: 'experience', entry_id: id, expected_version: version };
    const answer = await this.#write('delete', name, version, '/api/v1/entries/delete', body);
    const place = this.#known.indexOf(known);
    if (answer !== null && place >= 0) this.#known.splice(place, 1);
  }

  async #write(
    kind: Write['kind'],
    name: string,
    version: number,
    path: string,
    body: unknown,
  ): Promise<{ readonly entry_id: string } | null> {
    const startMs = performance.now();
    const { status, text } = await this.#post(path, body, { 'Idempotency-Key': crypto.randomUUID() });
    if (status === 200) {
      this.writes.push({ kind, name, version, startMs, endMs: performance.now() });
      const answer = JSON.parse(text) as { entry_id: string; seq: string };
      if (numberOf(answer.seq) > numberOf(this.#newest)) this.#newest = answer.seq;
      return answer;
    }
    const isSecond = kind !== 'create' && [404, 409, 412].includes(status);
    if (isSecond) this.refusals += 1;
    else this.complaints.push(`${kind} ${name}: ${status} ${text}`);
    return null;
  }

  async #search(): Promise<void> {
    const name = this.#names[Math.floor(this.#random() * this.#names.length)]!;
    const mode = MODES[Math.floor(this.#random() * MODES.length)]!;
    const startMs = performance.now();
    const body = { entity_type: 'experience', query: name, mode, limit: 25 };
    // One service owes it without being asked; the header would make an index fetch what it misses.
    const headers = this.#clients.length === 1 ? {} : { 'X-CHL-Min-Seq': this.#newest };
    const { status, text } = await this.#post('/api/v1/entries/read', body, headers);
    const span = { startMs, endMs: performance.now() };
    if (status !== 200) {
      this.complaints.push(`search for ${name}: ${status} ${text}`);
      return;
    }
    const { entries } = JSON.parse(text) as { entries: { title: string }[] };
    const shown = entries.flatMap(({ title }) =>
      title.startsWith(`${name} `) ? Number(title.split(' ')[1]) : [],
    );
    this.searches.push({ name, mode, version: shown[0] ?? null, ...span });
  }

  async #post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    const endMs = performance.now() + ANSWER_MAX_MS;
    for (;;) {
      const client = this.#clients[this.#turn++ % this.#clients.length]!;
      try {
        const response = await client.post(path, body, headers);
        const answer = { status: response.status, text: await response.text() };
        if (this.#options.isPatient !== true || answer.status !== 503 || performance.now() > endMs)
          return answer;
      } catch (error) {
        if (this.#options.isPatient !== true || performance.now() > endMs) throw error;
      }
      this.repeats += 1;
      await new Promise((wake) => setTimeout(wake, PAUSE_MS));
    }
  }

  async #maintain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const path of ['/admin/index/save', '/admin/index/rebuild']) {
        const { status, text } = await this.#post(path, {});
        if (status !== 200) this.complaints.push(`${path}: ${status} ${text}`);
      }
    }
  }
}

const numberOf = (seq: string): number => Number(seq.split(':')[1] ?? 0);

/** The title says the version, the words are the entry's own. */
const contentOf = (name: string, version: number) => ({
  title: `${name} ${version}`,
  playbook: `${name} ${name} version ${version}`,
});
