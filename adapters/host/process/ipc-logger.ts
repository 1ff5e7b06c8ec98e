import type { LogFields, Logger } from '../../../src/core/ports/runtime.ts';
import { LOG_LEVELS } from './protocol.ts';
import type { FromIndexProcess } from './protocol.ts';

/** Logs through the parent, so that there is one log with one format and a clean stdout. */
export function ipcLogger(send: (message: FromIndexProcess) => void): Logger {
  const [debug, info, warn, error] = LOG_LEVELS.map(
    (level) =>
      (fields: LogFields, message: string): void =>
        send({ kind: 'log', level, fields: cloneable(fields), message }),
  ) as [Logger['debug'], Logger['info'], Logger['warn'], Logger['error']];
  return { debug, info, warn, error };
}

/** Through JSON, because a field may hold what structured clone refuses; an Error says its stack. */
function cloneable(fields: LogFields): LogFields {
  const text = JSON.stringify(fields, (_key, value: unknown) =>
    value instanceof Error ? { message: value.message, stack: value.stack, cause: value.cause } : value,
  );
  return JSON.parse(text) as LogFields;
}
