import { ChlError } from '../../core/errors.ts';
import type { LogFields, Logger } from '../../core/ports/runtime.ts';
import { LOG_LEVELS, type LogLevel } from '../config/environment.ts';

/** One line of JSON each, on what every platform keeps: the console. */
export function consoleLogger(level: LogLevel): Logger {
  const least = LOG_LEVELS.indexOf(level);
  const at =
    (name: Exclude<LogLevel, 'silent'>) =>
    (fields: LogFields, msg: string): void => {
      if (LOG_LEVELS.indexOf(name) < least) return;
      const line = { level: name, time: new Date().toISOString(), service: 'chl', ...fields, msg };
      console[name](JSON.stringify(line, plainError));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** JSON makes `{}` of an error. */
function plainError(_: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, cause, ...(value instanceof ChlError ? { code: value.code } : {}) };
}
