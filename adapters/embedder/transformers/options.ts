import type { Logger } from '../../../src/core/ports/runtime.ts';

export interface TransformersEmbedderOptions {
  /** A folder with `config.json`, `tokenizer.json` and `onnx/`, or the name of a model on the hub. */
  readonly model?: string;
  /** Null takes the model's own. Another than the model's refuses the start. */
  readonly dimension?: number | null;
  /** Where models from the hub are kept, one folder a model: `<cacheFolder>/Xenova/all-MiniLM-L6-v2/…`. */
  readonly cacheFolder: string;
  /** Never asks the hub: a model that is neither a folder nor in the cache refuses the start. */
  readonly offline?: boolean;
  /** Another hub, such as a mirror inside a company. */
  readonly hubUrl?: string;
  /** Branch, tag or commit of the model on the hub. */
  readonly revision?: string;
  /** Which file of `onnx/` is loaded: `fp32` is `model.onnx`, `q8` is `model_quantized.onnx`, … */
  readonly precision?: ModelPrecision;
  /** Threads of one inference. */
  readonly threads?: number;
  /** Compiled `src/entry/embedding-process`. Null runs the model in this process, which then stalls. */
  readonly processEntry: URL | null;
  readonly onDownload?: (progress: DownloadProgress) => void;
  readonly logger: Logger;
}

export const MODEL_PRECISIONS = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'] as const;
export type ModelPrecision = (typeof MODEL_PRECISIONS)[number];

/** One file of a model on its way; told at every hundredth of it. */
export interface DownloadProgress {
  readonly file: string;
  readonly loadedBytes: number;
  /** 0 while it is not known. */
  readonly totalBytes: number;
}
