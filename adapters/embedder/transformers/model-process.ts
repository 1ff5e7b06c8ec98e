import type { ChildProcess } from 'node:child_process';
import { ChlError, type ErrorData } from '../../../src/core/errors.ts';
import type { Logger } from '../../../src/core/ports/runtime.ts';
import { endingOf, forkEntry } from '../../host/process/fork-entry.ts';
import type { DownloadProgress } from './options.ts';
import type {
  FromEmbeddingProcess,
  ModelFacts,
  ModelRunner,
  ModelSpec,
  ToEmbeddingProcess,
} from './protocol.ts';

export interface ModelProcessOptions {
  /** Compiled `src/entry/embedding-process`. */
  readonly entry: URL;
  readonly spec: ModelSpec;
  readonly onDownload: (progress: DownloadProgress) => void;
  readonly logger: Logger;
}

interface Waiting {
  resolve(vectors: Float32Array): void;
  reject(error: unknown): void;
}

/**
 * A model in a process of its own: an inference blocks the event loop it runs on, a crash in native
 * code ends its process, and all memory is given back when it ends. When it dies, what it was working
 * on is rejected, and the next call starts another.
 */
export class ModelProcess implements ModelRunner {
  readonly facts: ModelFacts;
  readonly #options: ModelProcessOptions;
  readonly #waiting = new Map<number, Waiting>();
  #running: Promise<ChildProcess> | null;
  #pid: number | null;
  #lastId = 0;
  #closed = false;

  /** @throws as `LocalModel.load`, and UNAVAILABLE when the process dies over it */
  static async start(options: ModelProcessOptions): Promise<ModelProcess> {
    const { child, facts } = await startChild(options);
    return new ModelProcess(options, child, facts);
  }

  private constructor(options: ModelProcessOptions, child: ChildProcess, facts: ModelFacts) {
    this.#options = options;
    this.facts = facts;
    this.#running = Promise.resolve(child);
    this.#pid = child.pid ?? null;
    this.#listen(child);
  }

  /** Null while none runs. */
  get pid(): number | null {
    return this.#pid;
  }

  async embed(inputs: readonly string[], urgent: boolean, signal?: AbortSignal): Promise<Float32Array> {
    signal?.throwIfAborted();
    const child = await this.#child();
    // It may have died, and the request been given up, while this waited.
    signal?.throwIfAborted();
    if (!child.connected) throw away('it is being replaced');
    const id = (this.#lastId += 1);
    const abandon = (): void => {
      this.#waiting.get(id)?.reject(signal?.reason);
      this.#waiting.delete(id);
      if (child.connected) post(child, { kind: 'abandon', id });
    };
    try {
      return await new Promise<Float32Array>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        signal?.addEventListener('abort', abandon, { once: true });
        post(child, { kind: 'embed', id, inputs, urgent });
      });
    } finally {
      signal?.removeEventListener('abort', abandon);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const child = await this.#running?.catch(() => null);
    if (child === null || child === undefined || hasEnded(child)) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    // It holds nothing that would have to be saved.
    child.kill('SIGKILL');
    await exited;
  }

  #child(): Promise<ChildProcess> {
    if (this.#closed) return Promise.reject(away('it was closed'));
    this.#running ??= this.#restart().catch((error: unknown) => {
      this.#running = null;
      throw error;
    });
    return this.#running;
  }

  async #restart(): Promise<ChildProcess> {
    const { child, facts } = await startChild(this.#options);
    if (facts.digest !== this.facts.digest) {
      child.kill('SIGKILL');
      throw new ChlError('UNAVAILABLE', 'The files of the embedding model have changed.', {
        operation: 'embedder.embed',
        hint: 'Restart the service: the vectors of another model must not be mixed with those stored.',
        retryable: false,
      });
    }
    this.#pid = child.pid ?? null;
    this.#listen(child);
    return child;
  }

  #listen(child: ChildProcess): void {
    child.on('message', (message) => this.#receive(message as FromEmbeddingProcess));
    child.on('exit', (code, signal) => this.#ended(endingOf(code, signal)));
    if (hasEnded(child)) this.#ended(endingOf(child.exitCode, child.signalCode));
  }

  #receive(message: FromEmbeddingProcess): void {
    if (message.kind !== 'vectors' && message.kind !== 'failure') return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'vectors') waiting?.resolve(message.vectors);
    else waiting?.reject(failed(message));
  }

  #ended(ending: string): void {
    this.#running = null;
    this.#pid = null;
    const abandoned = [...this.#waiting.values()];
    this.#waiting.clear();
    if (!this.#closed) {
      const fields = { ending, calls: abandoned.length };
      this.#options.logger.error(fields, 'The embedding process died; the next call starts another.');
    }
    for (const waiting of abandoned) waiting.reject(away(`its process ended with ${ending}`));
  }
}

/** A process that has loaded the model. */
function startChild(
  options: ModelProcessOptions,
): Promise<{ readonly child: ChildProcess; readonly facts: ModelFacts }> {
  let lastLine = '';
  const child = forkEntry(options.entry, (line) => {
    lastLine = line;
    options.logger.warn({ line }, 'The embedding process printed a line.');
  });
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      const answer = message as FromEmbeddingProcess;
      if (answer.kind === 'download') options.onDownload(answer.progress);
      else if (answer.kind === 'ready') settle(() => resolve({ child, facts: answer.facts }));
      else if (answer.kind === 'refused') {
        settle(() => reject(failed(answer)));
        child.kill('SIGKILL');
      }
    };
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void =>
      settle(() => reject(away(`its process ended with ${endingOf(code, signal)}`, lastLine)));
    const onError = (error: Error): void => {
      child.kill('SIGKILL');
      settle(() => reject(away('its process cannot be reached', error)));
    };
    const settle = (act: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      act();
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    // Stays: a channel that breaks later must not throw here; the exit that follows says it all.
    child.on('error', onError);
    post(child, { kind: 'open', spec: options.spec });
  });
}

/** An error of sending is the child's death, and is told as that. */
const post = (child: ChildProcess, message: ToEmbeddingProcess): void => {
  child.send(message, (error) => {
    if (error !== null) child.kill('SIGKILL');
  });
};

const failed = ({ error, cause }: { readonly error: ErrorData; readonly cause: string }): ChlError =>
  new ChlError(error.code, error.message, { ...error, cause });

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const away = (reason: string, cause?: unknown): ChlError =>
  new ChlError('UNAVAILABLE', `The embedding model is not available: ${reason}.`, {
    operation: 'embedder.embed',
    hint: 'It is started again by the next call; text search answers meanwhile.',
    retryAfterSeconds: 1,
    cause,
  });
