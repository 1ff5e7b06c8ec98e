import { ChlError } from '../../core/errors.ts';
import type { Embedder, Fingerprint } from '../../core/ports/embedder.ts';

/** Stands for an embedder that could not be opened, so that everything but vectors works. */
export class AwayEmbedder implements Embedder {
  readonly fingerprint: Fingerprint;
  readonly weights = { vector: 1, text: 1 };
  readonly calibration = { similarCosine: 0.55, duplicateCosine: 0.87 };
  readonly description: string;
  readonly local = false;
  readonly callsAtOnce = 1;

  constructor(fingerprint: Fingerprint, reason: string) {
    this.fingerprint = fingerprint;
    this.description = reason;
  }

  async embed(): Promise<Float32Array> {
    throw new ChlError('UNAVAILABLE', `The embedder could not be opened: ${this.description}`, {
      operation: 'embedder.embed',
    });
  }

  async close(): Promise<void> {
    // Nothing was opened.
  }
}
