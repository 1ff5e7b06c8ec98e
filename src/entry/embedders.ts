import { HashEmbedder } from '../../adapters/embedder/hash/hash-embedder.ts';
import type { OpenAiEmbedderOptions } from '../../adapters/embedder/openai/openai-embedder.ts';
import { ChlError, toChlError } from '../core/errors.ts';
import {
  fingerprintText,
  parseFingerprint,
  type Embedder,
  type Fingerprint,
} from '../core/ports/embedder.ts';
import type { Logger } from '../core/ports/runtime.ts';
import type { EmbedMode } from '../service/options.ts';
import type { EmbedderChoice } from './config/environment.ts';
import { AwayEmbedder } from './embedders/away-embedder.ts';
import { EmbedderPool } from './embedders/embedder-pool.ts';
import { findLocalModel, openTransformers } from './embedders/transformers.ts';

export interface EmbedderSettings {
  readonly choice: EmbedderChoice;
  /** Null: nobody said where an endpoint is. */
  readonly url: string | null;
  readonly model: string | null;
  readonly apiKey: string | null;
  /** Null: 384 for `hash`, else what the model makes. */
  readonly dimension: number | null;
  readonly mode: EmbedMode;
  readonly modelDir: string;
  /** Models are taken from this machine only. */
  readonly offline: boolean;
}

export type EmbedderKind = Exclude<EmbedderChoice, 'auto'>;

export interface ChosenEmbedder {
  readonly kind: EmbedderKind;
  readonly embedder: Embedder;
}

/** How long `auto` waits for an endpoint on the first start. */
const AUTO_TIMEOUT_MS = 5_000;

/**
 * The embedder of this start. `auto` chooses on a database that has none yet, and says why; from then
 * on it is the one that the database is bound to.
 *
 * @param bound the fingerprint of the database, null when it has none yet
 * @throws CONFIGURATION, UNAVAILABLE when a fresh database cannot be told which vectors it will hold
 */
export async function chooseEmbedder(
  settings: EmbedderSettings,
  bound: string | null,
  logger: Logger,
  pool: EmbedderPool = new EmbedderPool(),
): Promise<ChosenEmbedder> {
  const fingerprint = bound === null ? null : parseFingerprint(bound);
  if (settings.choice !== 'auto') return openOrAway(settings.choice, settings, fingerprint, logger, pool);
  if (bound === null) return chooseFirst(settings, logger, pool);
  const kind = kindOf(fingerprint);
  // A local model is known by its own name, wherever it lies: there the settings say where.
  const model = kind === 'openai' ? modelOf(fingerprint) : settings.model;
  logger.info({ embedder: bound }, 'The embedder is the one that the database was made with.');
  if (kind === 'openai' && settings.url === null) {
    return { kind, embedder: new AwayEmbedder(fingerprint!, 'CHL_EMBEDDING_URL is not set.') };
  }
  const dimension = kind === 'hash' ? (fingerprint?.dimension ?? null) : settings.dimension;
  return openOrAway(kind, { ...settings, model, dimension }, fingerprint, logger, pool);
}

/**
 * The embedder that another service has given a shared database to, as far as this one's settings allow.
 * @throws CONFIGURATION when they do not, UNAVAILABLE
 */
export async function openBoundEmbedder(
  settings: EmbedderSettings,
  bound: string,
  logger: Logger,
  pool?: EmbedderPool,
): Promise<Embedder> {
  const { embedder } = await chooseEmbedder({ ...settings, choice: 'auto' }, bound, logger, pool);
  const opened = fingerprintText(embedder.fingerprint);
  if (opened === bound) return embedder;
  await embedder.close();
  throw new ChlError('CONFIGURATION', `This service can open ${opened}, not ${bound}.`, {
    operation: 'embedder.open',
    hint: 'Give it the same embedding settings as the service that changed the embedder.',
  });
}

/** @param pool of embedders that others may be using. @throws CONFIGURATION, UNAVAILABLE */
export async function openEmbedder(
  kind: EmbedderKind,
  settings: EmbedderSettings,
  logger: Logger,
  pool: EmbedderPool,
): Promise<Embedder> {
  switch (kind) {
    case 'hash':
      return pool.share(
        `hash/${settings.dimension}`,
        async () => new HashEmbedder(settings.dimension === null ? {} : { dimension: settings.dimension }),
      );
    case 'openai':
      return openEndpoint({ ...endpointOf(settings), dimension: settings.dimension });
    case 'transformers':
      return pool.share(modelKey(settings), () => openTransformers(settings, logger));
    default:
      return kind satisfies never;
  }
}

/** A database that has its vectors starts without its endpoint, too. */
async function openOrAway(
  kind: EmbedderKind,
  settings: EmbedderSettings,
  bound: Fingerprint | null,
  logger: Logger,
  pool: EmbedderPool,
): Promise<ChosenEmbedder> {
  // The same model makes vectors of the same length: the endpoint need not be asked, nor be there.
  const isBound = kind === 'openai' && bound !== null && modelOf(bound) === settings.model;
  const dimension = settings.dimension ?? (isBound ? bound.dimension : null);
  try {
    return { kind, embedder: await openEmbedder(kind, { ...settings, dimension }, logger, pool) };
  } catch (thrown) {
    const error = toChlError(thrown, 'embedder.open');
    if (bound === null || error.code !== 'UNAVAILABLE') throw error;
    logger.warn({ err: error }, 'The embedder could not be opened; searches are answered by text.');
    const unknown = {
      name: `${kind}:${settings.model ?? ''}`,
      revision: '?',
      dimension: 1,
      normalised: true,
    };
    return { kind, embedder: new AwayEmbedder(unknown, error.message) };
  }
}

async function chooseFirst(
  settings: EmbedderSettings,
  logger: Logger,
  pool: EmbedderPool,
): Promise<ChosenEmbedder> {
  const reasons: string[] = [];
  const chosen = await firstThatWorks(settings, reasons, logger, pool);
  logger.info(
    { embedder: chosen.kind, model: chosen.embedder.fingerprint.name, because: reasons },
    `The embedder of this database is ${chosen.kind} from now on: ${reasons.join('; ')}. ${chosen.embedder.description}`,
  );
  return chosen;
}

async function firstThatWorks(
  settings: EmbedderSettings,
  reasons: string[],
  logger: Logger,
  pool: EmbedderPool,
): Promise<ChosenEmbedder> {
  if (settings.url === null) reasons.push('CHL_EMBEDDING_URL is not set');
  else {
    try {
      const embedder = await reachEndpoint(settings);
      reasons.push('the endpoint of CHL_EMBEDDING_URL answers');
      return { kind: 'openai', embedder };
    } catch (error) {
      reasons.push(`the endpoint of CHL_EMBEDDING_URL does not answer (${toChlError(error).message})`);
    }
  }
  // What the endpoint's model is called says nothing about one here.
  const here = settings.url === null ? settings : { ...settings, model: null };
  const local = findLocalModel(here);
  if (local.found) {
    try {
      const embedder = await pool.share(modelKey(here), () =>
        openTransformers({ ...here, offline: true }, logger),
      );
      reasons.push(local.why);
      return { kind: 'transformers', embedder };
    } catch (error) {
      reasons.push(`the local model does not load (${toChlError(error).message})`);
    }
  } else reasons.push(local.why);
  return { kind: 'hash', embedder: await openEmbedder('hash', settings, logger, pool) };
}

const modelKey = ({ model, modelDir, dimension }: EmbedderSettings): string =>
  JSON.stringify(['transformers', model, modelDir, dimension]);

/** One call, one attempt: a fresh start does not wait for a retry. */
async function reachEndpoint(settings: EmbedderSettings): Promise<Embedder> {
  const endpoint = endpointOf(settings);
  const probe = await openEndpoint({
    ...endpoint,
    dimension: null,
    timeoutMs: AUTO_TIMEOUT_MS,
    resilience: { attempts: 1 },
  });
  return openEndpoint({ ...endpoint, dimension: probe.fingerprint.dimension });
}

/** Imported when there is one: its policies are 50 ms of a start. */
async function openEndpoint(options: OpenAiEmbedderOptions): Promise<Embedder> {
  const { openOpenAiEmbedder } = await import('../../adapters/embedder/openai/openai-embedder.ts');
  return openOpenAiEmbedder(options);
}

function endpointOf({ url, model, apiKey }: EmbedderSettings) {
  if (url !== null && model !== null) return { url, model, apiKey };
  throw new ChlError(
    'CONFIGURATION',
    'The embedder `openai` needs CHL_EMBEDDING_URL and CHL_EMBEDDING_MODEL.',
    {
      operation: 'embedder.open',
    },
  );
}

/** The name of a fingerprint begins with its kind. */
function kindOf(bound: Fingerprint | null): EmbedderKind {
  const [kind] = bound?.name.split(':') ?? [];
  if (kind === 'hash' || kind === 'openai' || kind === 'transformers') return kind;
  throw new ChlError(
    'CONFIGURATION',
    `The database holds vectors of an embedder unknown here: ${bound?.name}.`,
    {
      operation: 'embedder.open',
      hint: 'Set CHL_EMBEDDER and run `chl reembed`.',
    },
  );
}

function modelOf(bound: Fingerprint | null): string | null {
  const colon = bound?.name.indexOf(':') ?? -1;
  return bound === null || colon < 0 ? null : bound.name.slice(colon + 1);
}
