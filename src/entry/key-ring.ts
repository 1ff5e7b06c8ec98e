import { ChlError, toChlError } from '../core/errors.ts';
import type { Logger } from '../core/ports/runtime.ts';
import type { ApiKey, KeySource } from '../http/auth/api-key.ts';
import { isLoopbackName } from '../http/auth/same-host.ts';
import type { Config } from './config.ts';
import { hashedKeys } from './key-digest.ts';
import { KeyFile, keyFilePath, keysOfText } from './key-file.ts';

export interface KeyRing extends KeySource {
  /** A key that was just made: shown to the person at the terminal once, kept as a hash only. */
  readonly generatedKey: string | null;
  close(): void;
}

/** How soon a key that was added or revoked in the file counts. */
const RELOAD_INTERVAL_MS = 1_000;

/** Nobody but this process can call. */
export const NO_KEYS: KeyRing = {
  keys: [],
  required: false,
  generatedKey: null,
  close: () => undefined,
};

/**
 * The keys of the environment and of the key file; changes of the file count within a second. With
 * none, a service on loopback is open to this machine, and one bound elsewhere makes an admin key of
 * its own, since nothing is ever open off loopback.
 * @throws CONFIGURATION when the key file cannot be used
 */
export async function openKeyRing(config: Config, logger: Logger): Promise<KeyRing> {
  const file = new KeyFile(keyFilePath(config));
  const configured = await hashedKeys(config.apiKeys);
  let text = await file.read();
  if (config.apiKeysFile !== null && text === null) {
    throw new ChlError('CONFIGURATION', 'CHL_API_KEYS_FILE names a file that does not exist.', {
      operation: 'keys.open',
      hint: 'Make one with: chl keys new NAME --role admin',
    });
  }
  let fromFile = keysOfText(text ?? '');
  const isOpen = isLoopbackName(config.host);
  let generatedKey: string | null = null;
  if (configured.length === 0 && text === null && !isOpen) {
    generatedKey = await file.add({ name: 'admin', role: 'admin', namespaces: null });
    text = await file.read();
    fromFile = keysOfText(text ?? '');
  }
  return new WatchedKeyRing({
    file,
    logger,
    configured,
    generatedKey,
    text,
    keys: await hashedKeys(fromFile),
  });
}

interface RingParts {
  readonly file: KeyFile;
  readonly logger: Logger;
  readonly configured: readonly ApiKey[];
  readonly generatedKey: string | null;
  /** The file as it was read. */
  readonly text: string | null;
  readonly keys: readonly ApiKey[];
}

class WatchedKeyRing implements KeyRing {
  readonly generatedKey: string | null;
  readonly #file: KeyFile;
  readonly #logger: Logger;
  readonly #configured: readonly ApiKey[];
  readonly #timer: ReturnType<typeof setInterval>;
  #text: string | null;
  #keys: readonly ApiKey[];
  #required: boolean;
  #reloading = false;
  #lastProblem = '';

  constructor({ file, logger, configured, generatedKey, text, keys }: RingParts) {
    this.generatedKey = generatedKey;
    this.#file = file;
    this.#logger = logger;
    this.#configured = configured;
    this.#text = text;
    this.#keys = [...configured, ...keys];
    // A file whose last key was revoked still says that keys are wanted.
    this.#required = configured.length > 0 || text !== null;
    this.#timer = setInterval(() => void this.#reload(), RELOAD_INTERVAL_MS);
    this.#timer.unref();
  }

  get keys(): readonly ApiKey[] {
    return this.#keys;
  }

  /** Once keys were asked for, they are until the end: a file that is gone opens nothing. */
  get required(): boolean {
    return this.#required;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** The content is compared, not its time: two changes within one tick of a file system are seen. */
  async #reload(): Promise<void> {
    if (this.#reloading) return;
    this.#reloading = true;
    try {
      const text = await this.#file.read();
      if (text === this.#text) return;
      const keys = await hashedKeys(keysOfText(text ?? ''));
      this.#keys = [...this.#configured, ...keys];
      this.#required ||= text !== null;
      this.#text = text;
      this.#lastProblem = '';
      this.#logger.info({ keys: this.#keys.length }, 'API keys were read anew.');
    } catch (thrown) {
      this.#report(toChlError(thrown, 'keys.reload'));
    } finally {
      this.#reloading = false;
    }
  }

  /** The keys from before stay; said once for each new problem, not every second. */
  #report(problem: ChlError): void {
    if (problem.message === this.#lastProblem) return;
    this.#lastProblem = problem.message;
    this.#logger.error({ code: problem.code }, `${problem.message} The keys from before stay in use.`);
  }
}
