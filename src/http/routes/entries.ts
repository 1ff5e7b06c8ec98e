import * as z from 'zod';
import { entryResponse, historyResponse, readRequest, readResponse } from '../../service/contract/read.ts';
import { entryId } from '../../service/contract/text.ts';
import {
  deleteRequest,
  deleteResponse,
  updateRequest,
  updateResponse,
  writeRequest,
  writeResponse,
} from '../../service/contract/write.ts';
import type { Services } from '../../service/services.ts';
import { endpoint, ok, type Endpoint } from '../endpoint.ts';

const idParams = z.object({ id: entryId });

export const entryEndpoints = ({ entries }: Services): readonly Endpoint[] => [
  endpoint({
    method: 'post',
    path: '/api/v1/entries/read',
    tag: 'entries',
    summary: 'Entries by query (ranked), by ids, or of a category',
    role: 'read',
    body: readRequest,
    answers: ok(readResponse),
    handle: ({ body, context }) => entries.read(body, context),
  }),
  endpoint({
    method: 'post',
    path: '/api/v1/entries/write',
    tag: 'entries',
    summary: 'A new entry; the next search of any client considers it',
    role: 'write',
    body: writeRequest,
    answers: ok(writeResponse),
    handle: ({ body, context }) => entries.write(body, context),
  }),
  endpoint({
    method: 'post',
    path: '/api/v1/entries/update',
    tag: 'entries',
    summary: 'Changes some fields of an entry',
    role: 'write',
    body: updateRequest,
    answers: ok(updateResponse),
    handle: ({ body, context }) => entries.update(body, context),
  }),
  endpoint({
    method: 'post',
    path: '/api/v1/entries/delete',
    tag: 'entries',
    summary: 'Removes an entry; its history stays',
    role: 'write',
    body: deleteRequest,
    answers: ok(deleteResponse),
    handle: ({ body, context }) => entries.remove(body, context),
  }),
  endpoint({
    method: 'get',
    path: '/api/v1/entries/{id}',
    tag: 'entries',
    summary: 'One whole entry',
    role: 'read',
    params: idParams,
    answers: ok(entryResponse),
    handle: ({ params, context }) => entries.get(params.id, context),
  }),
  endpoint({
    method: 'get',
    path: '/api/v1/entries/{id}/history',
    tag: 'entries',
    summary: 'Every version of an entry, also of a deleted one',
    role: 'read',
    params: idParams,
    answers: ok(historyResponse),
    handle: ({ params }) => entries.history(params.id),
  }),
];
