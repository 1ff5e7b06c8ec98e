import { createCategoryRequest } from '../../../src/service/contract/categories.ts';
import { changesQuery } from '../../../src/service/contract/changes.ts';
import { readRequest } from '../../../src/service/contract/read.ts';
import { duplicatesRequest, searchRequest } from '../../../src/service/contract/search.ts';
import type { RefusedCase } from './refused-case.ts';

const search = (more: object): unknown => ({ query: 'words', ...more });
const read = (more: object): unknown => ({ entity_type: 'experience', category_code: 'API', ...more });

export const REFUSED_READS: readonly RefusedCase[] = [
  ['query missing', searchRequest, {}, 'query is required.'],
  ['query blank', searchRequest, { query: '  ' }, 'query must not be empty or blank.'],
  [
    'query with NUL',
    searchRequest,
    { query: 'a\0' },
    'query must not contain NUL characters or unpaired surrogates.',
  ],
  [
    'query one over',
    readRequest,
    read({ query: 'x'.repeat(4001) }),
    'query must be at most 4000 characters.',
  ],
  ['k = 0', searchRequest, search({ limit: 0 }), 'limit must be at least 1.'],
  ['k = -1', readRequest, read({ limit: -1 }), 'limit must be at least 1.'],
  ['k = 10^9', searchRequest, search({ limit: 1e9 }), 'limit must be at most 25.'],
  ['k = 26', searchRequest, search({ limit: 26 }), 'limit must be at most 25.'],
  ['k = 2.5', searchRequest, search({ limit: 2.5 }), 'limit must be a whole number.'],
  ['k as text', readRequest, read({ limit: '5' }), 'limit must be a number.'],
  ['offset 10^5', searchRequest, search({ offset: 100_000 }), 'offset must be at most 975.'],
  ['min_score 1.1', searchRequest, search({ min_score: 1.1 }), 'min_score must be at most 1.'],
  ['snippet 79', readRequest, read({ snippet_len: 79 }), 'snippet_len must be at least 80.'],
  ['snippet 641', readRequest, read({ snippet_len: 641 }), 'snippet_len must be at most 640.'],
  [
    'mode unknown',
    searchRequest,
    search({ mode: 'fuzzy' }),
    'mode must be one of "hybrid", "vector", "text".',
  ],
  [
    'date unknown',
    searchRequest,
    search({ created_from: 'yesterday' }),
    'created_from must be an ISO 8601 date or date-time with an offset.',
  ],
  [
    'neither query, ids nor category',
    readRequest,
    { entity_type: 'skill' },
    'The request body must hold one of query, ids or category_code.',
  ],
  ['ids of another type', readRequest, { entity_type: 'skill', ids: [5] }, 'ids[0] must be a text.'],
  [
    'threshold -1',
    duplicatesRequest,
    { entity_type: 'skill', title: 'a', content: 'b', threshold: -1 },
    'threshold must be at least 0.',
  ],
  [
    'category code with a space',
    createCategoryRequest,
    { code: 'A B', name: 'x', description: 'y' },
    'code must be upper-case letters, digits and underscores, starting with a letter.',
  ],
  [
    'since as words',
    changesQuery,
    { since: 'all' },
    'since must be a seq, such as 42, or epoch:seq, such as 1:42.',
  ],
  ['limit of changes 0', changesQuery, { limit: '0' }, 'limit must be a whole number from 1 to 1000.'],
];
