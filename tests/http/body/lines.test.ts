import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import { Lines } from '../../../src/http/body/lines.ts';

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (let n = 0; start < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    yield bytes.slice(start, start + size);
    start += size;
  }
}

async function linesOf(bytes: Uint8Array, sizes: readonly number[], max = 1000): Promise<string[]> {
  const lines = [];
  for await (const line of new Lines(inPieces(bytes, sizes), max)) lines.push(line);
  return lines;
}

describe('lines of a stream', () => {
  test('are the same however the bytes were cut, inside a character too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll(/[\r\n]/g, ' ')),
          { minLength: 1 },
        ),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        async (lines, sizes) => {
          const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
          assert.deepEqual(await linesOf(bytes, sizes), lines);
        },
      ),
    );
  });

  test('a line over the bound ends the stream, by bytes, before it is whole', async () => {
    const long = new TextEncoder().encode(`ok\n${'x'.repeat(5000)}`);
    await assert.rejects(linesOf(long, [64], 100), { code: 'PAYLOAD_TOO_LARGE', message: /Line 2/ });
  });

  test('bytes that are not UTF-8 name their line', async () => {
    await assert.rejects(linesOf(new Uint8Array([0x61, 0x0a, 0xff, 0x0a]), [1]), {
      code: 'INVALID_ARGUMENT',
      message: /Line 2/,
    });
  });

  test('the last line needs no end; CRLF is an end', async () => {
    assert.deepEqual(await linesOf(new TextEncoder().encode('a\r\n\r\nb'), [2]), ['a', '', 'b']);
  });
});
