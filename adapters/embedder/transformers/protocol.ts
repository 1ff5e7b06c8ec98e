import type { ErrorData } from '../../../src/core/errors.ts';
import type { Pooling } from '../models/model-table.ts';
import type { DownloadProgress, ModelPrecision } from './options.ts';

/** What the service and the embedding process say to each other, by structured clone. */

/** Everything that loading a model takes, and everything its vectors depend on but the prefixes. */
export interface ModelSpec {
  /** A folder or a name on the hub. */
  readonly model: string;
  readonly cacheFolder: string;
  readonly offline: boolean;
  readonly hubUrl: string;
  readonly revision: string;
  readonly precision: ModelPrecision;
  readonly threads: number;
  readonly pooling: Pooling;
  /** The model's own bound holds when it is lower. */
  readonly tokensMax: number;
}

export interface ModelFacts {
  readonly dimension: number;
  /** Tokens it reads of a text. */
  readonly tokensMax: number;
  /** SHA-256 over tokenizer and weights, lower-case hex: another file, another fingerprint. */
  readonly digest: string;
}

/** A loaded model, in this process or in another. */
export interface ModelRunner {
  readonly facts: ModelFacts;
  /**
   * @param inputs with their prefixes
   * @param urgent goes ahead of what is not: somebody waits for the answer
   * @returns inputs × dimension, row-major, each row of unit length
   * @throws UNAVAILABLE when its process died; the call may be repeated
   */
  embed(inputs: readonly string[], urgent: boolean, signal?: AbortSignal): Promise<Float32Array>;
  close(): Promise<void>;
}

export type ToEmbeddingProcess =
  | { readonly kind: 'open'; readonly spec: ModelSpec }
  | {
      readonly kind: 'embed';
      readonly id: number;
      readonly inputs: readonly string[];
      readonly urgent: boolean;
    }
  /** Nobody waits for it any more. */
  | { readonly kind: 'abandon'; readonly id: number };

export type FromEmbeddingProcess =
  | { readonly kind: 'download'; readonly progress: DownloadProgress }
  | { readonly kind: 'ready'; readonly facts: ModelFacts }
  | Failed<'refused'>
  | { readonly kind: 'vectors'; readonly id: number; readonly vectors: Float32Array }
  | (Failed<'failure'> & { readonly id: number });

interface Failed<Kind extends string> {
  readonly kind: Kind;
  readonly error: ErrorData;
  /** For the log: what the library said. */
  readonly cause: string;
}
