import * as z from 'zod';
import { ChlError } from '../core/errors.ts';
import type { BackendChoice, IndexKindChoice, SavePolicy } from '../core/ports/index-host.ts';
import type { ScanKernelChoice } from '../core/ports/scan-kernel.ts';
import type { HnswParameters } from '../core/ports/vector-backend.ts';
import type { ApiKeyText } from './config/api-keys.ts';
import {
  environmentSchema,
  FOREIGN_VARIABLES,
  type Environment,
  type LogLevel,
} from './config/environment.ts';
import { nearestName } from './config/suggest.ts';
import type { EmbedderSettings } from './embedders.ts';

/** A libSQL server that makes a database for each namespace. */
export interface NamespaceServer {
  readonly databaseUrl: string;
  readonly adminUrl: string;
  readonly adminKey: string | null;
}

/** Everything the service can be told, checked and frozen. Made once, at start, by `loadConfig`. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Null: a file in the data folder. */
  readonly databaseUrl: string | null;
  readonly databaseAuthToken: string | null;
  readonly replicaPollMs: number;
  /** How many of the newest changes the feed keeps. */
  readonly changesKept: number;
  readonly diskReserveBytes: number;
  readonly index: {
    readonly host: 'auto' | 'process' | 'inline';
    readonly backend: BackendChoice;
    readonly kind: IndexKindChoice;
    readonly scanKernel: ScanKernelChoice;
    readonly hnsw: HnswParameters;
    readonly hnswMinVectors: number;
    readonly growingMaxVectors: number;
    readonly savePolicy: SavePolicy;
    readonly saveIntervalMs: number;
    readonly rebuildThreshold: number;
  };
  readonly embedder: EmbedderSettings;
  readonly apiKeys: readonly ApiKeyText[];
  readonly apiKeysFile: string | null;
  readonly allowedOrigins: readonly string[];
  readonly limits: {
    readonly bodyBytes: number;
    readonly importBytes: number;
    readonly bodyIdleMs: number;
    readonly jsonDepth: number;
    readonly responseBytes: number;
    readonly admission: {
      readonly running: number;
      readonly waiting: number;
      readonly waitMs: number;
      readonly streams: number;
    };
  };
  /** Null: there are none. */
  readonly namespaces: {
    readonly openMax: number;
    readonly idleMs: number;
    /** Null: they are folders. */
    readonly server: NamespaceServer | null;
  } | null;
  /** Requests a minute and key; 0: any number. */
  readonly rateLimit: number;
  readonly toolAnswerChars: number;
  /** For whoever listens. */
  readonly timeouts: { readonly headersMs: number; readonly requestMs: number };
  readonly logLevel: LogLevel;
}

/** Recall@10 0.994 on real vectors at 0.26 ms a search (31k × 384); the build takes 0.5 ms a vector. */
const HNSW: Omit<HnswParameters, 'efSearch'> = { m: 32, efConstruction: 200 };

const MEBIBYTE = 1024 ** 2;

/** The exit code of a start that was refused because of its configuration. */
export const CONFIGURATION_EXIT_CODE = 2;

/** @throws CONFIGURATION naming every mistake at once, one a line, without the value of a secret */
export function loadConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    // An empty value is how a compose file says "not set".
    Object.entries(variables).filter(([name, value]) => name.startsWith('CHL_') && value !== ''),
  );
  const parsed = environmentSchema.safeParse(given);
  const mistakes = [
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => describeIssue(issue, given))),
    ...Object.keys(given).filter(isUnknown).map(describeUnknown),
    ...missingForEmbedder(given),
    ...missingForNamespaces(given),
  ];
  if (!parsed.success || mistakes.length > 0) {
    throw new ChlError(
      'CONFIGURATION',
      ['The configuration is not usable:', ...mistakes.map((m) => `  ${m}`)].join('\n'),
      {
        operation: 'config.load',
        hint: 'README.md lists every variable with its values.',
      },
    );
  }
  return deepFreeze(toConfig(parsed.data));
}

function toConfig(values: Environment): Config {
  return {
    host: values.CHL_HOST,
    port: values.CHL_PORT,
    dataDir: values.CHL_DATA_DIR,
    databaseUrl: values.CHL_DATABASE_URL ?? null,
    databaseAuthToken: values.CHL_DATABASE_AUTH_TOKEN ?? null,
    replicaPollMs: values.CHL_REPLICA_POLL_MS,
    changesKept: values.CHL_CHANGES_RETENTION,
    diskReserveBytes: values.CHL_DISK_RESERVE_MB * MEBIBYTE,
    index: {
      host: values.CHL_INDEX_HOST,
      backend: values.CHL_INDEX_BACKEND,
      kind: values.CHL_INDEX_KIND,
      scanKernel: values.CHL_SCAN_KERNEL,
      hnsw: { ...HNSW, efSearch: values.CHL_HNSW_EF_SEARCH },
      hnswMinVectors: values.CHL_HNSW_MIN_VECTORS,
      growingMaxVectors: values.CHL_GROWING_MAX_VECTORS,
      savePolicy: values.CHL_FAISS_SAVE_POLICY,
      saveIntervalMs: values.CHL_FAISS_SAVE_INTERVAL * 1000,
      rebuildThreshold: values.CHL_FAISS_REBUILD_THRESHOLD,
    },
    embedder: {
      choice: values.CHL_EMBEDDER,
      url: values.CHL_EMBEDDING_URL ?? null,
      model: values.CHL_EMBEDDING_MODEL ?? null,
      apiKey: values.CHL_EMBEDDING_API_KEY ?? null,
      dimension: values.CHL_EMBEDDING_DIMENSION ?? null,
      mode: values.CHL_EMBED_MODE,
      modelDir: values.CHL_MODEL_DIR ?? `${values.CHL_DATA_DIR}/models`,
      offline: values.CHL_EMBEDDING_OFFLINE === 'true',
    },
    apiKeys: values.CHL_API_KEYS ?? [],
    apiKeysFile: values.CHL_API_KEYS_FILE ?? null,
    allowedOrigins: values.CHL_ALLOWED_ORIGINS ?? [],
    limits: {
      bodyBytes: values.CHL_MAX_BODY_BYTES,
      importBytes: values.CHL_MAX_IMPORT_BYTES,
      bodyIdleMs: values.CHL_BODY_TIMEOUT * 1000,
      jsonDepth: values.CHL_MAX_JSON_DEPTH,
      responseBytes: values.CHL_MAX_RESPONSE_BYTES,
      admission: {
        running: values.CHL_MAX_RUNNING_REQUESTS,
        waiting: values.CHL_MAX_WAITING_REQUESTS,
        waitMs: values.CHL_MAX_WAIT * 1000,
        streams: values.CHL_MAX_STREAMS,
      },
    },
    namespaces:
      values.CHL_NAMESPACES === 'off'
        ? null
        : {
            openMax: values.CHL_NAMESPACES_MAX_OPEN,
            idleMs: values.CHL_NAMESPACE_IDLE_SECONDS * 1000,
            server: namespaceServer(values),
          },
    rateLimit: values.CHL_RATE_LIMIT,
    toolAnswerChars: values.CHL_MAX_TOOL_ANSWER_CHARS,
    timeouts: { headersMs: values.CHL_HEADERS_TIMEOUT * 1000, requestMs: values.CHL_REQUEST_TIMEOUT * 1000 },
    logLevel: values.CHL_LOG_LEVEL,
  };
}

/** What belongs together and is not there together. */
function missingForEmbedder(given: Readonly<Record<string, string | undefined>>): readonly string[] {
  const choice = given['CHL_EMBEDDER'] ?? 'auto';
  const has = (name: string): boolean => given[name] !== undefined;
  if (choice === 'openai') {
    return ['CHL_EMBEDDING_URL', 'CHL_EMBEDDING_MODEL']
      .filter((name) => !has(name))
      .map((name) => `${name} is needed by CHL_EMBEDDER=openai`);
  }
  return choice === 'auto' && has('CHL_EMBEDDING_URL') && !has('CHL_EMBEDDING_MODEL')
    ? ['CHL_EMBEDDING_MODEL is needed beside CHL_EMBEDDING_URL']
    : [];
}

/** On a server each namespace is a database of its own, which only the admin API makes. */
const missingForNamespaces = (given: Readonly<Record<string, string | undefined>>): readonly string[] =>
  given['CHL_NAMESPACES'] === 'on' &&
  isServer(given['CHL_DATABASE_URL']) &&
  given['CHL_DATABASE_ADMIN_URL'] === undefined
    ? ['CHL_DATABASE_ADMIN_URL is needed by CHL_NAMESPACES=on with a libSQL server']
    : [];

function namespaceServer(values: Environment): NamespaceServer | null {
  const { CHL_DATABASE_URL: databaseUrl, CHL_DATABASE_ADMIN_URL: adminUrl } = values;
  if (databaseUrl === undefined || !isServer(databaseUrl) || adminUrl === undefined) return null;
  return { databaseUrl, adminUrl, adminKey: values.CHL_DATABASE_ADMIN_KEY ?? null };
}

const isServer = (url = ''): boolean => /^(https?|libsql):/.test(url);

const isUnknown = (name: string): boolean =>
  !Object.hasOwn(environmentSchema.shape, name) && !FOREIGN_VARIABLES.has(name);

function describeUnknown(name: string): string {
  const near = nearestName(name, Object.keys(environmentSchema.shape));
  return `${name} is not a known variable${near === null ? '' : `; did you mean ${near}?`}`;
}

function describeIssue(issue: z.core.$ZodIssue, given: Readonly<Record<string, string | undefined>>): string {
  const name = String(issue.path[0]);
  const schema = environmentSchema.shape[name as keyof Environment];
  const got = isSecret(schema) ? '' : `, not ${JSON.stringify(given[name])}`;
  return `${name} ${issue.message}${got}`;
}

export interface ConfigurationRow {
  readonly name: string;
  /** The value when it is unset, as one would write it; empty when there is none. */
  readonly defaultText: string;
  /** The allowed values when they are a closed set. */
  readonly choices: readonly string[];
  readonly description: string;
}

/** One row a variable, for the README's table. */
export function configurationTable(): readonly ConfigurationRow[] {
  return Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const inner = schema.def.innerType;
    return {
      name,
      defaultText: schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : '',
      choices: inner instanceof z.ZodEnum ? inner.options.map(String) : [],
      description: schema.description ?? '',
    };
  });
}

const isSecret = (schema: z.ZodType): boolean => schema.meta()?.['secret'] === true;

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
