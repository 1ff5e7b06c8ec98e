import { toChlError } from '../../core/errors.ts';
import { exportResponse } from '../../service/contract/read.ts';
import {
  exportLine,
  importLine,
  importResultLine,
  type ImportResultLine,
} from '../../service/contract/write.ts';
import type { Services } from '../../service/services.ts';
import type { HttpOptions } from '../app.ts';
import { boundedBytes } from '../body/byte-stream.ts';
import { Lines } from '../body/lines.ts';
import { requireMediaType } from '../body/read-json.ts';
import { endpoint, ok, type Endpoint } from '../endpoint.ts';
import { ndjsonResponse, NDJSON } from '../ndjson.ts';

export const transferEndpoints = ({ transfer }: Services, { limits }: HttpOptions): readonly Endpoint[] => [
  endpoint({
    method: 'get',
    path: '/api/v1/entries/export',
    tag: 'entries',
    summary: 'Every entry in one answer; export.ndjson streams them',
    role: 'read',
    answers: ok(exportResponse),
    handle: () => transfer.exportAll(),
  }),
  endpoint({
    method: 'get',
    path: '/api/v1/entries/export.ndjson',
    tag: 'entries',
    summary: 'Every entry, one a line, in the order of creation',
    role: 'read',
    answers: { 200: { schema: exportLine, mediaType: NDJSON, description: 'One entry a line' } },
    handle: () => ndjsonResponse(transfer.exportPages()),
  }),
  endpoint({
    method: 'post',
    path: '/api/v1/entries/import',
    tag: 'entries',
    summary: 'Entries, one a line; a known `ref` is updated, so a broken import can be sent again',
    role: 'write',
    streams: { schema: importLine, mediaType: NDJSON, description: 'One entry a line' },
    answers: {
      200: { schema: importResultLine, mediaType: NDJSON, description: 'One result a line, in order' },
    },
    handle: ({ request, context }) => {
      requireMediaType(request, NDJSON);
      const bytes = boundedBytes(request, { maxBytes: limits.importBytes, idleMs: limits.bodyIdleMs });
      const lines = new Lines(bytes, limits.bodyBytes);
      return ndjsonResponse(resultLines(transfer.importLines(lines, context), lines));
    },
  }),
];

/** The answer's status is long sent when the input breaks: the last line then says why and where. */
async function* resultLines(
  results: AsyncIterable<readonly ImportResultLine[]>,
  lines: Lines,
): AsyncGenerator<readonly ImportResultLine[]> {
  try {
    yield* results;
  } catch (thrown) {
    const { code, message, retryable } = toChlError(thrown);
    yield [{ line: lines.count + 1, status: 'error', ref: null, error: { code, message, retryable } }];
  }
}
