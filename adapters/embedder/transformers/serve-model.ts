import { toChlError, type ErrorData } from '../../../src/core/errors.ts';
import { leaveWithParent } from '../../host/process/leave-with-parent.ts';
import { LocalModel } from './local-model.ts';
import type { FromEmbeddingProcess, ModelSpec, ToEmbeddingProcess } from './protocol.ts';

/** Makes this process the embedding process of the one that started it: the far end of `ModelProcess`. */
export function serveModel(): void {
  leaveWithParent();
  const send = (message: FromEmbeddingProcess): void => {
    // Gone in the middle of an answer: `leaveWithParent` is about to act.
    if (process.connected) process.send?.(message);
  };
  const running = new Map<number, AbortController>();
  let model: LocalModel | null = null;

  const open = async (spec: ModelSpec): Promise<void> => {
    try {
      model = await LocalModel.load(spec, (progress) => send({ kind: 'download', progress }));
      send({ kind: 'ready', facts: model.facts });
    } catch (error) {
      send({ kind: 'refused', ...failure(error, 'embedder.open') });
    }
  };

  const embed = async (id: number, inputs: readonly string[], urgent: boolean): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      if (model === null) throw new Error('It was asked before it had said that it is ready.');
      send({ kind: 'vectors', id, vectors: await model.embed(inputs, urgent, controller.signal) });
    } catch (error) {
      send({ kind: 'failure', id, ...failure(error, 'embedder.embed') });
    } finally {
      running.delete(id);
    }
  };

  process.on('message', (message: ToEmbeddingProcess) => {
    switch (message.kind) {
      case 'open':
        void open(message.spec);
        return;
      case 'embed':
        void embed(message.id, message.inputs, message.urgent);
        return;
      case 'abandon':
        running.get(message.id)?.abort();
    }
  });
}

function failure(error: unknown, operation: string): { readonly error: ErrorData; readonly cause: string } {
  const failed = toChlError(error, operation);
  const { cause } = failed;
  return { error: failed.toData(), cause: cause instanceof Error ? (cause.stack ?? cause.message) : '' };
}
