import { pino, type DestinationStream } from 'pino';
import pc from 'picocolors';
import type { LogFields, Logger } from '../core/ports/runtime.ts';
import type { LogLevel } from './config/environment.ts';

export interface LoggingOptions {
  readonly level: LogLevel;
  /** For a person at a terminal: a line of words; otherwise a line of JSON. */
  readonly readable: boolean;
  readonly write: (line: string) => void;
}

/** The Logger of the whole process. Field `err` may be any thrown value; it is written with its causes. */
export function createLogger({ level, readable, write }: LoggingOptions): Logger {
  const destination: DestinationStream = { write: readable ? (line) => write(readableLine(line)) : write };
  return pino(
    {
      level,
      base: { service: 'chl' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause, cause: pino.stdSerializers.errWithCause },
    },
    destination,
  );
}

/** The same log; every line carries `tags` as well. */
export const taggedLogger = (logger: Logger, tags: LogFields): Logger => ({
  debug: (fields, message) => logger.debug({ ...tags, ...fields }, message),
  info: (fields, message) => logger.info({ ...tags, ...fields }, message),
  warn: (fields, message) => logger.warn({ ...tags, ...fields }, message),
  error: (fields, message) => logger.error({ ...tags, ...fields }, message),
});

const COLOUR_OF_LEVEL: Readonly<Record<string, (text: string) => string>> = {
  debug: pc.dim,
  info: pc.cyan,
  warn: pc.yellow,
  error: pc.red,
};

interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

function readableLine(json: string): string {
  const { level, time, msg, service: _, ...fields } = JSON.parse(json) as LogLine;
  const colour = COLOUR_OF_LEVEL[level] ?? pc.reset;
  const details = Object.entries(fields).map(([name, value]) => pc.dim(`${name}=${shown(value)}`));
  return `${pc.dim(time.slice(11, 19))} ${colour(level.padEnd(5))} ${[msg, ...details].join('  ')}\n`;
}

/** An error as its message: the stack is for the machines that read JSON. */
function shown(value: unknown): string {
  const message = typeof value === 'object' && value !== null && 'message' in value ? value.message : value;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
