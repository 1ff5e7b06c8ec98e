import { Client } from '../../http/support/client.ts';
import { seededRandom, type Random } from '../../support/random-vectors.ts';
import type { Search, Write } from './observations.ts';

interface Known {
  readonly name: string;
  readonly id: string;
  version: number;
}

export interface CrowdOptions {
  readonly url: string;
  readonly clients: number;
  readonly seed: number;
}

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
  readonly #options: CrowdOptions;
  readonly #client: Client;
  readonly #random: Random;
  /** Not deleted, as far as anybody knows. */
  readonly #known: Known[] = [];
  /** Everything that was ever created: also what is gone is searched for. */
  readonly #names: string[] = [];

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#client = new Client(options.url);
    this.#random = seededRandom(options.seed);
  }

  async run(signal: AbortSignal): Promise<void> {
    const clients = Array.from({ length: this.#options.clients }, async () => {
      while (!signal.aborted) await this.#act();
    });
    await Promise.all([...clients, this.#maintain(signal)]);
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
    const response = await this.#client.post(path, body);
    const text = await response.text();
    if (response.status === 200) {
      this.writes.push({ kind, name, version, startMs, endMs: performance.now() });
      return JSON.parse(text) as { entry_id: string };
    }
    const isSecond = kind !== 'create' && [404, 409, 412].includes(response.status);
    if (isSecond) this.refusals += 1;
    else this.complaints.push(`${kind} ${name}: ${response.status} ${text}`);
    return null;
  }

  async #search(): Promise<void> {
    const name = this.#names[Math.floor(this.#random() * this.#names.length)]!;
    const mode = MODES[Math.floor(this.#random() * MODES.length)]!;
    const startMs = performance.now();
    const body = { entity_type: 'experience', query: name, mode, limit: 25 };
    const response = await this.#client.post('/api/v1/entries/read', body);
    const text = await response.text();
    const span = { startMs, endMs: performance.now() };
    if (response.status !== 200) {
      this.complaints.push(`search for ${name}: ${response.status} ${text}`);
      return;
    }
    const { entries } = JSON.parse(text) as { entries: { title: string }[] };
    const shown = entries.flatMap(({ title }) =>
      title.startsWith(`${name} `) ? Number(title.split(' ')[1]) : [],
    );
    this.searches.push({ name, mode, version: shown[0] ?? null, ...span });
  }

  /** Saves and rebuilds throughout. */
  async #maintain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const path of ['/admin/index/save', '/admin/index/rebuild']) {
        const response = await this.#client.post(path, {});
        const text = await response.text();
        if (response.status !== 200) this.complaints.push(`${path}: ${response.status} ${text}`);
      }
    }
  }
}

/** The title says the version, the words are the entry's own. */
const contentOf = (name: string, version: number) => ({
  title: `${name} ${version}`,
  playbook: `${name} ${name} version ${version}`,
});
