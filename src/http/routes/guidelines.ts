import * as z from 'zod';
import { guidelinesResponse, guideType } from '../../service/contract/guidelines.ts';
import type { Services } from '../../service/services.ts';
import { endpoint, ok, type Endpoint } from '../endpoint.ts';

export const guidelineEndpoints = ({ guidelines }: Services): readonly Endpoint[] => [
  endpoint({
    method: 'get',
    path: '/api/v1/guidelines/{type}',
    tag: 'guidelines',
    summary: 'How to write entries (generator) or to curate them (evaluator)',
    role: 'read',
    params: z.object({ type: guideType }),
    answers: ok(guidelinesResponse),
    handle: ({ params }) => guidelines.get(params.type),
  }),
];
