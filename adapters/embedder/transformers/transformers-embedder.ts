import type { Embedder } from '../../../src/core/ports/embedder.ts';
import type { TransformersEmbedderOptions } from './options.ts';

/**
 * A sentence-transformers model in ONNX, run by @huggingface/transformers in a process of its own.
 *
 * @throws CONFIGURATION when the package or the model is not there, or is not what was configured;
 *   UNAVAILABLE when the hub does not answer
 */
export declare function openTransformersEmbedder(options: TransformersEmbedderOptions): Promise<Embedder>;
