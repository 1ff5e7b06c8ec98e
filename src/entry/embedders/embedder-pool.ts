import type { Embedder } from '../../core/ports/embedder.ts';

interface Shared {
  readonly embedder: Promise<Embedder>;
  users: number;
}

/**
 * Embedders of this machine, each of which many namespaces may use at once: a model takes hundreds of
 * megabytes, and even the words that the built-in one remembers take 10.
 */
export class EmbedderPool {
  readonly #shared = new Map<string, Shared>();

  /** @param key equal for settings that make the same embedder */
  async share(key: string, open: () => Promise<Embedder>): Promise<Embedder> {
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = { embedder: open(), users: 0 };
      this.#shared.set(key, shared);
    }
    const one = shared;
    one.users += 1;
    try {
      const embedder = await one.embedder;
      return lent(embedder, () => this.#giveBack(key, one));
    } catch (error) {
      if (this.#shared.get(key) === one) this.#shared.delete(key);
      throw error;
    }
  }

  async #giveBack(key: string, shared: Shared): Promise<void> {
    shared.users -= 1;
    if (shared.users > 0) return;
    this.#shared.delete(key);
    await (await shared.embedder).close();
  }
}

function lent(embedder: Embedder, giveBack: () => Promise<void>): Embedder {
  let isLent = true;
  return {
    fingerprint: embedder.fingerprint,
    weights: embedder.weights,
    calibration: embedder.calibration,
    description: embedder.description,
    local: embedder.local,
    callsAtOnce: embedder.callsAtOnce,
    embed: (request) => embedder.embed(request),
    close: async () => {
      if (isLent) await giveBack();
      isLent = false;
    },
  };
}
