import { ChlError } from '../../core/errors.ts';
import { boundedBytes, smallBody, type BodyLimits } from './byte-stream.ts';
import { depthProblemAt, syntaxProblemAt } from './json-syntax.ts';

export interface JsonLimits extends BodyLimits {
  /** Lists and objects inside each other. */
  readonly maxDepth: number;
}

/** @throws UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, INVALID_ARGUMENT with the position of the mistake */
export async function readJson(request: Request, limits: JsonLimits): Promise<unknown> {
  requireMediaType(request, 'application/json');
  const text = await readText(request, limits);
  if (text.trim() === '') throw malformed('the body is empty');
  // Before parsing: JSON.parse accepts a million levels that nothing after it can walk.
  if (depthProblemAt(text, limits.maxDepth) !== null) {
    throw malformed(`it is nested deeper than ${limits.maxDepth} levels`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const position = syntaxProblemAt(text);
    throw malformed(
      position === null ? 'it cannot be parsed' : `unexpected ${whatIsAt(text, position)}`,
      cause,
    );
  }
}

/** @throws UNSUPPORTED_MEDIA_TYPE */
export function requireMediaType(request: Request, expected: string): void {
  const given = (request.headers.get('Content-Type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (given === expected) return;
  throw new ChlError(
    'UNSUPPORTED_MEDIA_TYPE',
    `The Content-Type must be ${expected}${given === '' ? '; there is none' : `, not ${given.slice(0, 64)}`}.`,
  );
}

async function readText(request: Request, limits: BodyLimits): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const whole = await smallBody(request, limits);
  if (whole !== null) return decode(decoder, whole) + decode(decoder, null);
  let text = '';
  for await (const chunk of boundedBytes(request, limits)) text += decode(decoder, chunk);
  return text + decode(decoder, null);
}

function decode(decoder: TextDecoder, chunk: Uint8Array | null): string {
  try {
    return chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (cause) {
    throw malformed('it is not valid UTF-8', cause);
  }
}

const malformed = (why: string, cause?: unknown): ChlError =>
  new ChlError('INVALID_ARGUMENT', `The request body is not valid JSON: ${why}.`, { cause });

function whatIsAt(text: string, position: number): string {
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  const column = position - before.lastIndexOf('\n');
  const what =
    position >= text.length ? 'end' : JSON.stringify(String.fromCodePoint(text.codePointAt(position)!));
  return `${what} at line ${line}, column ${column}`;
}
