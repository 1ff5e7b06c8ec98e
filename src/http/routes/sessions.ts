import { citedRequest, citedResponse, sessionResponse } from '../../service/contract/session.ts';
import type { Services } from '../../service/services.ts';
import { endpoint, ok, type Endpoint } from '../endpoint.ts';

export const sessionEndpoints = ({ sessions }: Services): readonly Endpoint[] => [
  endpoint({
    method: 'get',
    path: '/api/v1/session/',
    tag: 'sessions',
    summary: 'What the session of X-CHL-Session has viewed and cited',
    role: 'read',
    answers: ok(sessionResponse),
    handle: ({ context }) => sessions.get(context),
  }),
  endpoint({
    method: 'post',
    path: '/api/v1/session/cited',
    tag: 'sessions',
    summary: 'Notes that entries were of use',
    role: 'read',
    body: citedRequest,
    answers: ok(citedResponse),
    handle: ({ body, context }) => sessions.cite(body, context),
  }),
];
