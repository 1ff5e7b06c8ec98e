import {
  categoriesResponse,
  createCategoryRequest,
  createCategoryResponse,
} from '../../service/contract/categories.ts';
import type { Services } from '../../service/services.ts';
import { endpoint, ok, type Endpoint } from '../endpoint.ts';

export const categoryEndpoints = ({ categories }: Services): readonly Endpoint[] => [
  endpoint({
    method: 'get',
    path: '/api/v1/categories/',
    tag: 'categories',
    summary: 'Every category, with how many entries it holds',
    role: 'read',
    answers: ok(categoriesResponse),
    handle: () => categories.list(),
  }),
  endpoint({
    method: 'post',
    path: '/api/v1/categories/',
    tag: 'categories',
    summary: 'A new category',
    role: 'write',
    body: createCategoryRequest,
    answers: ok(createCategoryResponse),
    handle: ({ body, context }) => categories.create(body, context),
  }),
];
