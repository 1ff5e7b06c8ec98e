import { isRemote } from '../../../adapters/catalog/libsql/remote/server-url.ts';
import { ChlError } from '../../core/errors.ts';
import { loadConfig, type Config } from '../config.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Where the edge has another default than a machine with a disk. */
const DEFAULTS: Variables = {
  CHL_INDEX_BACKEND: 'flat',
  // The database has every write already; a snapshot only saves the next start some reading.
  CHL_FAISS_SAVE_POLICY: 'periodic',
};

/** A configuration whose database is a server's. */
export interface EdgeConfig extends Config {
  readonly databaseUrl: string;
}

/**
 * @param given `CHL_*` variables by name; others are not looked at
 * @throws CONFIGURATION with every mistake at once, those of the edge after the general ones
 */
export function loadEdgeConfig(given: Variables): EdgeConfig {
  const config = loadConfig({ ...DEFAULTS, ...given });
  const { databaseUrl, index, embedder } = config;
  const mistakes = [
    ...(databaseUrl !== null && isRemote(databaseUrl)
      ? []
      : ['CHL_DATABASE_URL must be the address of a libSQL server: the edge has no files']),
    ...(index.backend === 'flat' || index.backend === 'auto'
      ? []
      : [`CHL_INDEX_BACKEND is flat on the edge, not ${index.backend}`]),
    ...(index.scanKernel === 'native'
      ? ['CHL_SCAN_KERNEL is wasm on the edge: no native code runs in it']
      : []),
    ...(embedder.choice === 'transformers'
      ? ['CHL_EMBEDDER is hash or openai on the edge: no model runs in it']
      : []),
    ...(config.namespaces === null
      ? []
      : ['CHL_NAMESPACES is for services that open databases themselves; give each team an edge of its own']),
    ...(config.apiKeysFile === null
      ? []
      : ['CHL_API_KEYS_FILE is for machines with files; use CHL_API_KEYS']),
  ];
  if (databaseUrl !== null && mistakes.length === 0) return { ...config, databaseUrl };
  throw new ChlError(
    'CONFIGURATION',
    ['The configuration is not usable on the edge:', ...mistakes.map((mistake) => `  ${mistake}`)].join('\n'),
    { operation: 'config.load', hint: 'docs/scaling.md says what the edge needs.' },
  );
}
