import * as z from 'zod';
import { ChlError } from '../../core/errors.ts';
import type { HttpOptions } from '../app.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';

export const metricsEndpoints = ({ metrics }: HttpOptions): readonly Endpoint[] => [
  endpoint({
    method: 'get',
    path: '/metrics',
    tag: 'service',
    summary: 'Metrics for Prometheus, in its text format; docs/operations.md explains each',
    role: 'read',
    answers: {
      200: { schema: z.string(), mediaType: 'text/plain', description: 'Version 0.0.4 of the text format' },
    },
    handle: async () => {
      if (metrics === undefined) throw new ChlError('NOT_FOUND', 'This program keeps no metrics.');
      const { contentType, text } = await metrics.page();
      return new Response(text, { headers: { 'Content-Type': contentType } });
    },
  }),
];
