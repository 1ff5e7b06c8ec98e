import * as z from 'zod';
import {
  compactResponse,
  indexStatusResponse,
  queueActionResponse,
  queueStatusResponse,
  rebuildQuery,
  rebuildResponse,
  rebuildStartedResponse,
  reembedRequest,
  reembedResponse,
  saveResponse,
} from '../../service/contract/admin.ts';
import type { Services } from '../../service/services.ts';
import { backupResponse, SQLITE } from '../backup-response.ts';
import { Answer, endpoint, ok, type Endpoint } from '../endpoint.ts';

export const adminEndpoints = (services: Services): readonly Endpoint[] => [
  ...indexEndpoints(services),
  ...maintenanceEndpoints(services),
  ...queueEndpoints(services),
  ...reembedEndpoints(services),
];

const indexEndpoints = ({ index }: Services): readonly Endpoint[] => [
  endpoint({
    method: 'get',
    path: '/admin/index/status',
    tag: 'index',
    summary: 'What the index holds and how it is',
    role: 'read',
    answers: ok(indexStatusResponse),
    handle: () => index.status(),
  }),
  endpoint({
    method: 'post',
    path: '/admin/index/rebuild',
    tag: 'index',
    summary: 'Builds the index anew from the database; searches and writes go on',
    role: 'admin',
    query: rebuildQuery,
    answers: {
      200: { schema: rebuildResponse, description: 'Rebuilt' },
      202: { schema: rebuildStartedResponse, description: 'Started, with wait=false' },
    },
    handle: async ({ query, context }) =>
      query.wait ? index.rebuild(context) : new Answer(202, await index.startRebuild(context)),
  }),
  endpoint({
    method: 'post',
    path: '/admin/index/save',
    tag: 'index',
    summary: 'Writes a snapshot of the index',
    role: 'admin',
    answers: ok(saveResponse),
    handle: ({ context }) => index.save(context),
  }),
];

const maintenanceEndpoints = ({ maintenance }: Services): readonly Endpoint[] => [
  endpoint({
    method: 'post',
    path: '/admin/backup',
    tag: 'service',
    summary: 'A checked copy of the database as of now, for chl restore; writes go on',
    role: 'admin',
    answers: {
      200: {
        schema: z.string().meta({ format: 'binary' }),
        mediaType: SQLITE,
        description: 'A SQLite file; the header Content-Digest has its SHA-256',
      },
    },
    handle: async ({ context }) => backupResponse(await maintenance.backup(context)),
  }),
  endpoint({
    method: 'post',
    path: '/admin/compact',
    tag: 'service',
    summary: 'Gives unused room of the database back; writes wait meanwhile',
    role: 'admin',
    answers: ok(compactResponse),
    handle: ({ context }) => maintenance.compact(context),
  }),
];

const queueEndpoints = ({ queue }: Services): readonly Endpoint[] => [
  endpoint({
    method: 'get',
    path: '/admin/queue/status',
    tag: 'index',
    summary: 'What waits to be embedded or committed',
    role: 'read',
    answers: ok(queueStatusResponse),
    handle: () => queue.status(),
  }),
  endpoint({
    method: 'post',
    path: '/admin/queue/pause',
    tag: 'index',
    summary: 'Stops embedding in the background, until resumed; entries are stored and found by text',
    role: 'admin',
    answers: ok(queueActionResponse),
    handle: ({ context }) => queue.pause(context),
  }),
  endpoint({
    method: 'post',
    path: '/admin/queue/resume',
    tag: 'index',
    summary: 'Goes on embedding in the background',
    role: 'admin',
    answers: ok(queueActionResponse),
    handle: ({ context }) => queue.resume(context),
  }),
  endpoint({
    method: 'post',
    path: '/admin/queue/drain',
    tag: 'index',
    summary: 'Tries everything that waits now, and answers when it is done or the embedder is away',
    role: 'admin',
    answers: ok(queueActionResponse),
    handle: ({ context }) => queue.drain(context),
  }),
  endpoint({
    method: 'post',
    path: '/admin/queue/retry-failed',
    tag: 'index',
    summary: 'Takes up again what was given up',
    role: 'admin',
    answers: ok(queueActionResponse),
    handle: ({ context }) => queue.retryFailed(context),
  }),
];

const reembedEndpoints = ({ reembed }: Services): readonly Endpoint[] => [
  endpoint({
    method: 'get',
    path: '/admin/reembed',
    tag: 'index',
    summary: 'How far a change of embedder has come',
    role: 'read',
    answers: ok(reembedResponse),
    handle: () => reembed.status(),
  }),
  endpoint({
    method: 'post',
    path: '/admin/reembed',
    tag: 'index',
    summary: 'Changes the embedder; searches are answered from the old vectors until all new ones are there',
    role: 'admin',
    body: reembedRequest,
    answers: { 202: { schema: reembedResponse, description: 'Started, or joined the one that runs' } },
    handle: async ({ body, context }) => new Answer(202, await reembed.start(body, context)),
  }),
];
