import type * as Transformers from '@huggingface/transformers';
import { ChlError } from '../../../src/core/errors.ts';
import { digestOf, missingFiles, placeOf, type ModelPlace } from './model-files.ts';
import type { DownloadProgress } from './options.ts';
import type { ModelSpec } from './protocol.ts';

/** The library with one model, its tokenizer and what is known of both. */
export interface LoadedModel {
  readonly library: typeof Transformers;
  readonly tokenizer: Transformers.PreTrainedTokenizer;
  readonly model: Transformers.PreTrainedModel;
  readonly digest: string;
}

/**
 * From its folder, the cache or the hub, in this order; what comes from the hub stays in the cache.
 *
 * @throws CONFIGURATION when the package or a file is not there, UNAVAILABLE when the hub is not,
 *   CORRUPT when the files cannot be read as a model
 */
export async function loadModel(
  spec: ModelSpec,
  onDownload: (progress: DownloadProgress) => void,
): Promise<LoadedModel> {
  const place = placeOf(spec);
  const missing = missingFiles(place, spec.precision);
  if (missing.length > 0 && (place.isLocal || spec.offline)) throw incomplete(spec, place, missing);
  const library = await importLibrary();
  // It would print the tokens of a text that failed.
  library.env.logLevel = library.LogLevel.NONE;
  library.env.remoteHost = spec.hubUrl.endsWith('/') ? spec.hubUrl : `${spec.hubUrl}/`;
  // By its name the library asks the hub about a model even when the cache has all of it.
  const name = missing.length > 0 ? place.name : place.folder;
  const options = {
    cache_dir: spec.cacheFolder,
    revision: spec.revision,
    local_files_only: missing.length === 0,
    ...(missing.length > 0 ? { progress_callback: downloadListener(onDownload) } : {}),
  };
  try {
    // First: for a model that there is not, this is the one that says so.
    const config = await library.AutoConfig.from_pretrained(name, options);
    const tokenizer = await library.AutoTokenizer.from_pretrained(name, options);
    const model = await library.AutoModel.from_pretrained(name, {
      ...options,
      config,
      dtype: spec.precision,
      device: 'cpu',
      session_options: {
        intraOpNumThreads: spec.threads,
        interOpNumThreads: 1,
        // Threads that spin between two inferences would take the cores from everybody else.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      },
    });
    return { library, tokenizer, model, digest: await digestOf(place, spec.precision) };
  } catch (error) {
    throw notLoaded(spec, place, error);
  }
}

async function importLibrary(): Promise<typeof Transformers> {
  try {
    return await import('@huggingface/transformers');
  } catch (error) {
    throw new ChlError('CONFIGURATION', 'The package @huggingface/transformers cannot be loaded here.', {
      operation: 'embedder.open',
      hint: 'It is an optional dependency with native code for Node and Deno: install it with `npm ci --include=optional`, or set CHL_EMBEDDER to hash or openai.',
      cause: error,
    });
  }
}

/** The library tells of every chunk; a hundredth is enough for a person. */
function downloadListener(
  onDownload: (progress: DownloadProgress) => void,
): (event: Transformers.ProgressInfo) => void {
  const told = new Map<string, number>();
  return (event) => {
    if (event.status !== 'progress') return;
    const hundredth = Math.floor(event.progress);
    if (told.get(event.file) === hundredth) return;
    told.set(event.file, hundredth);
    onDownload({ file: event.file, loadedBytes: event.loaded, totalBytes: event.total });
  };
}

/** Why, by what is on the disk afterwards: the library's own errors do not say. */
function notLoaded(spec: ModelSpec, place: ModelPlace, cause: unknown): ChlError {
  const missing = missingFiles(place, spec.precision);
  if (missing.length === 0) {
    return new ChlError('CORRUPT', `The files of the model ${spec.model} cannot be read as a model.`, {
      operation: 'embedder.open',
      hint: place.isLocal
        ? 'Put the files of the model there again.'
        : 'Remove its folder from the cache of models; the next start downloads it anew.',
      cause,
    });
  }
  const isUnknown = cause instanceof Error && cause.name === 'ModelFileNotFoundError';
  return isUnknown
    ? new ChlError('CONFIGURATION', `The hub has no ${missing.join(', ')} of a model ${spec.model}.`, {
        operation: 'embedder.open',
        hint: 'Check CHL_EMBEDDING_MODEL; the model must be there in ONNX, as those of Xenova and onnx-community are.',
        cause,
      })
    : new ChlError('UNAVAILABLE', `The model ${spec.model} could not be downloaded.`, {
        operation: 'embedder.open',
        hint: `Start once where the hub can be reached; it stays in the cache. ${byHand(missing)}`,
        cause,
      });
}

const incomplete = (spec: ModelSpec, place: ModelPlace, missing: readonly string[]): ChlError =>
  new ChlError('CONFIGURATION', `The model ${spec.model} lacks ${missing.join(', ')}.`, {
    operation: 'embedder.open',
    hint: place.isLocal
      ? 'Complete its folder.'
      : `Nothing is downloaded here. Start once with CHL_EMBEDDING_OFFLINE=false where the hub can be reached. ${byHand(missing)}`,
  });

const byHand = (missing: readonly string[]): string =>
  `Or put ${missing.join(', ')} of the model into a folder and set CHL_EMBEDDING_MODEL to it.`;
