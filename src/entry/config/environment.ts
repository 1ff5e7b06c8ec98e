import * as z from 'zod';
import { BACKEND_CHOICES, INDEX_KIND_CHOICES, SAVE_POLICIES } from '../../core/ports/index-host.ts';
import { SCAN_KERNEL_CHOICES } from '../../core/ports/scan-kernel.ts';
import { EMBED_MODES } from '../../service/options.ts';
import { apiKeys } from './api-keys.ts';
import { databaseUrl, httpUrl, integer, oneOf, origins, ratio, text } from './values.ts';

/** Where an index may run. `auto` is a child process on Node and in-line on Deno. */
export const INDEX_HOST_CHOICES = ['auto', 'process', 'inline'] as const;
export const EMBEDDER_CHOICES = ['auto', 'hash', 'openai', 'transformers'] as const;
export type EmbedderChoice = (typeof EMBEDDER_CHOICES)[number];
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Secrets are never printed, neither in an error nor in a table. */
const secret = { secret: true } as const;

/** Every variable that the service reads: type, default and the words of the README's table. */
export const environmentSchema = z.object({
  CHL_PORT: integer(0, 65_535).default(8000).describe('Port to listen on; 0 takes a free one.'),
  CHL_HOST: text(255)
    .default('127.0.0.1')
    .describe('Address to bind. Off loopback every request needs an API key.'),
  CHL_DATA_DIR: text(4096)
    .default('./data')
    .describe('Folder of the database, the index snapshots and the generated key. One service owns it.'),
  CHL_DATABASE_URL: databaseUrl()
    .optional()
    .meta(secret)
    .describe(
      'libSQL database: `file:`, or `http(s)://` and `libsql://` for a server that several services may share. Unset: `chl.db` in the data folder.',
    ),
  CHL_DATABASE_AUTH_TOKEN: text(8192).optional().meta(secret).describe('Token for a libSQL server.'),
  CHL_DATABASE_ADMIN_URL: httpUrl()
    .optional()
    .describe('Admin API of a libSQL server, by which namespaces become databases of it.'),
  CHL_DATABASE_ADMIN_KEY: text(8192).optional().meta(secret).describe('Key for that API.'),
  CHL_REPLICA_POLL_MS: integer(10, 60_000)
    .default(500)
    .describe('On a libSQL server: how often to look for what other services have written.'),

  CHL_FAISS_SAVE_POLICY: oneOf(SAVE_POLICIES)
    .default('immediate')
    .describe('When the index goes to disk. Acknowledged writes survive a crash under every policy.'),
  CHL_FAISS_SAVE_INTERVAL: integer(1, 86_400)
    .default(300)
    .describe('Seconds between saves under `periodic`.'),
  CHL_FAISS_REBUILD_THRESHOLD: ratio()
    .default(0.1)
    .describe('Share of deleted vectors above which a rebuild starts by itself.'),
  CHL_INDEX_BACKEND: oneOf(BACKEND_CHOICES)
    .default('auto')
    .describe('Vector library. `auto` takes the first that works, in the order of this list.'),
  CHL_INDEX_KIND: oneOf(INDEX_KIND_CHOICES)
    .default('auto')
    .describe('`flat` is exact, `hnsw` approximate and faster when large; `auto` decides by size.'),
  CHL_SCAN_KERNEL: oneOf(SCAN_KERNEL_CHOICES)
    .default('auto')
    .describe(
      'What scans vectors and walks graphs. `auto`: `native` in an index process where set-up has built it and the CPU has AVX2, else `wasm`.',
    ),
  CHL_INDEX_HOST: oneOf(INDEX_HOST_CHOICES)
    .default('auto')
    .describe('Where the index runs. `auto`: a child process on Node, in-line on Deno.'),
  CHL_HNSW_MIN_VECTORS: integer(1, 100_000_000)
    .default(16_000)
    .describe('Under `auto`, segments of at least this many vectors become HNSW.'),
  CHL_HNSW_EF_SEARCH: integer(16, 4096)
    .default(96)
    .describe(
      'How broadly an HNSW segment of 100,000 vectors is searched: more finds more of what is nearest, and takes longer. Smaller segments are searched less broadly, larger ones more, for the same recall.',
    ),
  CHL_GROWING_MAX_VECTORS: integer(16, 100_000)
    .default(1000)
    .describe('New vectors are scanned exactly until this many are sealed into a segment.'),

  CHL_CHANGES_RETENTION: integer(1, Number.MAX_SAFE_INTEGER)
    .default(1_000_000)
    .describe('How many of the newest changes the feed keeps; a reader from further back gets 410.'),
  CHL_DISK_RESERVE_MB: integer(0, 4096)
    .default(8)
    .describe('Room kept beside the database so that entries can be deleted on a full disk. 0: none.'),

  CHL_EMBEDDER: oneOf(EMBEDDER_CHOICES)
    .default('auto')
    .describe(
      'What turns text into vectors. `hash` is built in, offline and lexical; `openai` any compatible endpoint; `transformers` a model in this process. `auto` chooses once, on an empty database: the endpoint, a model on this machine, `hash`.',
    ),
  CHL_EMBEDDING_URL: httpUrl().optional().describe('OpenAI-compatible endpoint, up to and including `/v1`.'),
  CHL_EMBEDDING_MODEL: text(256).optional().describe('Model of `openai` or `transformers`.'),
  CHL_EMBEDDING_API_KEY: text(4096).optional().meta(secret).describe('Bearer token for the endpoint.'),
  CHL_EMBEDDING_DIMENSION: integer(32, 4096)
    .optional()
    .describe('Length of a vector. Unset: 384 for `hash`, else what the model makes.'),
  CHL_EMBED_MODE: oneOf(EMBED_MODES)
    .default('sync')
    .describe(
      '`async`: a write never waits for the embedder; it is found by text until the queue has embedded it.',
    ),
  CHL_MODEL_DIR: text(4096)
    .optional()
    .describe('Folder of models for `transformers`. Unset: `models` in the data folder.'),
  CHL_EMBEDDING_OFFLINE: oneOf(['true', 'false'])
    .default('false')
    .describe('`true`: no model is downloaded; one that is not on this machine refuses the start.'),

  // Read where FAISS is loaded, in processes that have no configuration of their own.
  CHL_FAISS_NATIVE_DIR: text(4096)
    .optional()
    .describe('Where set-up put the FAISS binaries. Unset: `.build/faiss` of the program.'),

  CHL_SCAN_KERNEL_FILE: text(4096)
    .optional()
    .describe(
      'Where set-up put the native scan kernel. Unset: `.build/scan-kernel/scan-kernel.node` of the program.',
    ),

  CHL_API_KEYS: apiKeys(65_536)
    .optional()
    .meta(secret)
    .describe(
      'Keys as `name:role:key`, separated by commas. Roles: read, write, admin. `role@a+b` binds a key to namespaces. A key may be `sha256:HEX`.',
    ),
  CHL_API_KEYS_FILE: text(4096)
    .optional()
    .describe(
      'File of keys, one `name:role:key` a line, read anew when it changes. Unset: `api-keys` in the data folder.',
    ),
  CHL_ALLOWED_ORIGINS: origins()
    .optional()
    .describe('Origins of its own pages behind a proxy that changes `Host`, separated by commas.'),

  CHL_NAMESPACES: oneOf(['off', 'on'])
    .default('off')
    .describe('`on`: serves a memory of its own under `/ns/NAME/` for each namespace.'),
  CHL_NAMESPACES_MAX_OPEN: integer(1, 10_000)
    .default(32)
    .describe('Namespaces that are open at once; the least recently used idle one makes room.'),
  CHL_NAMESPACE_IDLE_SECONDS: integer(1, 86_400)
    .default(300)
    .describe('An unused namespace is closed after this many seconds.'),

  CHL_RATE_LIMIT: integer(0, 10_000_000)
    .default(12_000)
    .describe('Requests that each key may make in a minute; 0: any number.'),
  CHL_MAX_RUNNING_REQUESTS: integer(1, 100_000).default(256).describe('Requests that are worked on at once.'),
  CHL_MAX_WAITING_REQUESTS: integer(0, 1_000_000)
    .default(1024)
    .describe('Requests that wait for their turn; more get 503 and Retry-After.'),
  CHL_MAX_WAIT: integer(1, 600)
    .default(10)
    .describe('Seconds that a request waits for its turn before it gets 503.'),
  CHL_MAX_STREAMS: integer(1, 1_000_000).default(4096).describe('Readers of changes as events at one time.'),
  CHL_HEADERS_TIMEOUT: integer(1, 600)
    .default(10)
    .describe('Seconds in which the headers of a request must arrive (Node).'),
  CHL_BODY_TIMEOUT: integer(1, 600)
    .default(10)
    .describe('Seconds that a body may stop arriving, also in pieces; at 4 kB a second it may take longer.'),
  CHL_REQUEST_TIMEOUT: integer(1, 86_400)
    .default(3600)
    .describe('Seconds in which a whole request must arrive, and so the longest import (Node).'),
  CHL_MAX_BODY_BYTES: integer(1024, 1_073_741_824)
    .default(1_048_576)
    .describe('Largest JSON request body, and the largest line of an import.'),
  CHL_MAX_IMPORT_BYTES: integer(1024, Number.MAX_SAFE_INTEGER)
    .default(1_073_741_824)
    .describe('Largest import in one request.'),
  CHL_MAX_JSON_DEPTH: integer(40, 1000)
    .default(64)
    .describe('Lists and objects inside each other in a request.'),
  CHL_MAX_RESPONSE_BYTES: integer(65_536, 1_073_741_824)
    .default(67_108_864)
    .describe('Longest JSON answer; what streams is not bounded.'),
  CHL_MAX_TOOL_ANSWER_CHARS: integer(4096, 10_000_000)
    .default(60_000)
    .describe('Longest answer of an MCP tool, in characters; lists are cut and say so.'),
  // Armed where the process or thread begins; named here so that it is documented, and not a mistake.
  CHL_FAILPOINTS: text(100)
    .optional()
    .describe('For crash tests only: `NAME:N` stops the service for good at the Nth visit of a failpoint.'),
  CHL_LOG_LEVEL: oneOf(LOG_LEVELS).default('info').describe('Least important line that is logged.'),
});

export type Environment = z.output<typeof environmentSchema>;

/** Read by other programs of this repository; the service must not take them for a mistake. */
export const FOREIGN_VARIABLES: ReadonlySet<string> = new Set([
  'CHL_URL', // the CLI: the service to talk to
  'CHL_API_KEY', // the CLI: the key to send
  'CHL_SETUP_SYSTEM', // scripts/setup: may it install system packages?
  'CHL_SETUP_FAISS', // scripts/setup: may it build FAISS?
  'CHL_TEST_DATA', // tests: real input
  'CHL_MODEL_RUNS', // tests: how long the model test goes on
  'CHL_MODEL_SEED', // tests: and from which seed
  'CHL_FUZZ_SEED', // tests: the seed of the property test of routes and tools
  'CHL_FUZZ_RUNS', // tests: how many requests for each of them
  'CHL_FAULTS', // tests: `long` for the long form of tests/faults
  'CHL_FAULT_SEED', // tests: the seed of tests/faults
  'CHL_FAULT_CYCLES', // tests: how often the service is killed
]);
