import { z } from 'zod';
import {
  compactResponse,
  indexStatusResponse,
  queueStatusResponse,
  rebuildQuery,
  rebuildResponse,
  rebuildStartedResponse,
  saveResponse,
} from '../../service/contract/admin.ts';
import type { Services } from '../../service/services.ts';
import { backupResponse, SQLITE } from '../backup-response.ts';
import { Answer, endpoint, ok, type Endpoint } from '../endpoint.ts';

export const adminEndpoints = ({ index, maintenance, queue }: Services): readonly Endpoint[] => [
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
  endpoint({
    method: 'get',
    path: '/admin/queue/status',
    tag: 'index',
    summary: 'What waits to be embedded or committed',
    role: 'read',
    answers: ok(queueStatusResponse),
    handle: () => queue.status(),
  }),
];
