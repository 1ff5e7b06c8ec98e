import { ChlError } from '../../../src/core/errors.ts';

/** Reads a response body up to a bound: a broken endpoint may send without end. @throws UNAVAILABLE */
export async function readBounded(response: Response, bytesMax: number): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) {
      throw new ChlError('UNAVAILABLE', `The embedding endpoint answered more than ${bytesMax} bytes.`, {
        retryable: false,
      });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
