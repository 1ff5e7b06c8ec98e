import { healthResponse, liveResponse, readyResponse } from '../../service/contract/health.ts';
import type { Services } from '../../service/services.ts';
import { Answer, endpoint, ok, type Endpoint } from '../endpoint.ts';

export const healthEndpoints = ({ health }: Services): readonly Endpoint[] => [
  endpoint({
    method: 'get',
    path: '/health',
    tag: 'service',
    summary: 'The parts and how they are; 503 only when the database is away',
    role: 'public',
    answers: {
      200: { schema: healthResponse, description: 'Healthy, or degraded: search goes on by text' },
      503: { schema: healthResponse, description: 'Unhealthy: the database is away' },
    },
    handle: async () => {
      const report = await health.check();
      return new Answer(report.status === 'unhealthy' ? 503 : 200, report);
    },
  }),
  endpoint({
    method: 'get',
    path: '/health/live',
    tag: 'service',
    summary: 'Whether the process answers',
    role: 'public',
    answers: ok(liveResponse),
    handle: () => ({ status: 'alive' as const }),
  }),
  endpoint({
    method: 'get',
    path: '/health/ready',
    tag: 'service',
    summary: 'Whether it can take requests; vectors may still be loading',
    role: 'public',
    answers: {
      200: { schema: readyResponse, description: 'Ready' },
      503: { schema: readyResponse, description: 'Not ready' },
    },
    handle: async () => {
      const report = await health.ready();
      return new Answer(report.status === 'ready' ? 200 : 503, report);
    },
  }),
];
