/** A client with a key, of a service in a container. */
export class ContainerClient {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  get(path: string): Promise<Response> {
    return fetch(this.#url + path, { headers: { authorization: `Bearer ${this.#key}` } });
  }

  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(this.#url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#key}`, ...headers },
      body: JSON.stringify(body),
    });
  }

  /** @returns the write's `seq`. @throws unless it was stored */
  async write(title: string, playbook: string): Promise<string> {
    const response = await this.post('/api/v1/entries/write', {
      entity_type: 'experience',
      category_code: 'DEP',
      data: { section: 'useful', title, playbook },
    });
    if (!response.ok) throw new Error(`write: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { seq: string }).seq;
  }

  /** @param minSeq what the answer must have considered */
  async search(query: string, mode = 'hybrid', minSeq?: string): Promise<readonly SearchResult[]> {
    const headers = minSeq === undefined ? {} : { 'x-chl-min-seq': minSeq };
    const response = await this.post('/api/v1/search/', { query, mode }, headers);
    if (!response.ok) throw new Error(`search: ${response.status} ${await response.text()}`);
    const { results } = (await response.json()) as { results: readonly SearchResult[] };
    return results;
  }
}

interface SearchResult {
  readonly title: string;
  readonly reason: string;
  readonly degraded: boolean;
}
