import { ChlError } from '../core/errors.ts';
import { asSeq, type Seq } from '../core/ids.ts';
import type { CatalogReader } from '../core/ports/catalog.ts';

const TOKEN = /^(\d{1,10}):(\d{1,15})$/;

/**
 * `epoch:seq`, as writes answer it and X-CHL-Min-Seq brings it back. The epoch changes with a
 * restore, which only happens while nothing serves, so it is read once.
 */
export class SeqTokens {
  readonly #reader: CatalogReader;
  #epoch: number | null = null;

  constructor(reader: CatalogReader) {
    this.#reader = reader;
  }

  async epoch(): Promise<number> {
    this.#epoch ??= (await this.#reader.identity()).epoch;
    return this.#epoch;
  }

  /**
   * Where a reader of changes is. A bare seq counts in the present epoch.
   * @throws GONE when the changes that the reader has were undone by a restore
   */
  async position(since: string): Promise<Seq> {
    const match = TOKEN.exec(since);
    if (match === null) return asSeq(Number(since));
    const epoch = await this.epoch();
    if (Number(match[1]) === epoch) return asSeq(Number(match[2]));
    throw new ChlError('GONE', `The database was restored: it is in epoch ${epoch}, not ${match[1]}.`, {
      hint: 'Read everything anew, from since=0 or from an export.',
    });
  }

  async format(seq: Seq): Promise<string> {
    return `${await this.epoch()}:${seq}`;
  }

  /**
   * What a search must wait for. A token from before a restore names a future that was undone:
   * there is nothing to wait for.
   * @throws INVALID_ARGUMENT
   */
  async parse(token: string | null): Promise<Seq> {
    if (token === null) return asSeq(0);
    const match = TOKEN.exec(token);
    if (match === null)
      throw new ChlError('INVALID_ARGUMENT', 'X-CHL-Min-Seq must look like epoch:seq, such as 1:42.');
    return asSeq(Number(match[1]) === (await this.epoch()) ? Number(match[2]) : 0);
  }
}
