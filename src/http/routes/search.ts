import {
  duplicatesRequest,
  duplicatesResponse,
  searchHealthResponse,
  searchRequest,
  searchResponse,
} from '../../service/contract/search.ts';
import type { Services } from '../../service/services.ts';
import { endpoint, ok, type Endpoint } from '../endpoint.ts';

export const searchEndpoints = ({ search }: Services): readonly Endpoint[] => [
  endpoint({
    method: 'post',
    path: '/api/v1/search/',
    tag: 'search',
    summary: 'Search over every category, with snippets and pages',
    role: 'read',
    body: searchRequest,
    answers: ok(searchResponse),
    handle: ({ body, context }) => search.search(body, context),
  }),
  endpoint({
    method: 'post',
    path: '/api/v1/search/duplicates',
    tag: 'search',
    summary: 'Entries that say nearly the same',
    role: 'read',
    body: duplicatesRequest,
    answers: ok(duplicatesResponse),
    handle: ({ body, context }) => search.duplicates(body, context),
  }),
  endpoint({
    method: 'get',
    path: '/api/v1/search/health',
    tag: 'search',
    summary: 'What is searchable, and by what',
    role: 'read',
    answers: ok(searchHealthResponse),
    handle: () => search.health(),
  }),
];
