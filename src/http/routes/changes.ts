import * as z from 'zod';
import { ChlError } from '../../core/errors.ts';
import { parseRequest } from '../../service/contract/errors.ts';
import {
  change,
  changesQuery,
  changesResponse,
  feedPosition,
  type ChangesQuery,
} from '../../service/contract/changes.ts';
import type { ChangeService, Services } from '../../service/services.ts';
import type { HttpOptions } from '../app.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { eventStreamResponse, EVENT_STREAM, type ServerSentEvent } from '../event-stream.ts';

export const changeEndpoints = (
  { changes }: Services,
  { limits, closing }: HttpOptions,
): readonly Endpoint[] => [
  endpoint({
    method: 'get',
    path: '/api/v1/changes',
    tag: 'changes',
    summary: 'What changed after a seq: complete, in order; as events with Accept: text/event-stream',
    role: 'read',
    query: changesQuery,
    answers: { 200: { schema: changesResponse, description: 'A page of changes, or a stream of them' } },
    handle: async ({ query, request, context }) => {
      if (!acceptsEvents(request)) return changes.page(query);
      const since = resumeFrom(request, query);
      // The first page decides between an answer and an error, before the stream has begun.
      const first = await changes.page({ ...query, since });
      const signal = context.signal === null ? closing : AbortSignal.any([context.signal, closing]);
      return eventStreamResponse(changeEvents(changes, { ...query, since }, first, signal), {
        heartbeatMs: limits.heartbeatMs,
      });
    },
  }),
];

const acceptsEvents = (request: Request): boolean =>
  (request.headers.get('Accept') ?? '').includes(EVENT_STREAM);

/** A browser that reconnects says where it was. */
function resumeFrom(request: Request, query: ChangesQuery): string {
  const header = request.headers.get('Last-Event-ID');
  if (header === null || header === '') return query.since;
  return parseRequest(z.object({ 'Last-Event-ID': feedPosition }), { 'Last-Event-ID': header })[
    'Last-Event-ID'
  ];
}

async function* changeEvents(
  changes: ChangeService,
  query: ChangesQuery,
  first: z.output<typeof changesResponse>,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  let page = first;
  while (!signal.aborted) {
    for (const item of page.changes)
      yield { id: `${page.epoch}:${item.seq}`, event: 'change', data: change.parse(item) };
    if (!page.has_more) await changes.next(page.next_since, signal);
    if (signal.aborted) return;
    try {
      page = await changes.page({ ...query, since: `${page.epoch}:${page.next_since}` });
    } catch (thrown) {
      if (!(thrown instanceof ChlError)) throw thrown;
      // GONE and the like: the reader has to know why the stream ends.
      yield { id: null, event: 'error', data: thrown.toData() };
      return;
    }
  }
}
