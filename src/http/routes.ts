import type { Services } from '../service/services.ts';
import type { HttpOptions } from './app.ts';
import type { Endpoint } from './endpoint.ts';
import { adminEndpoints } from './routes/admin.ts';
import { categoryEndpoints } from './routes/categories.ts';
import { changeEndpoints } from './routes/changes.ts';
import { entryEndpoints } from './routes/entries.ts';
import { guidelineEndpoints } from './routes/guidelines.ts';
import { healthEndpoints } from './routes/health.ts';
import { namespaceEndpoints } from './routes/namespaces.ts';
import { metricsEndpoints } from './routes/metrics.ts';
import { searchEndpoints } from './routes/search.ts';
import { sessionEndpoints } from './routes/sessions.ts';
import { transferEndpoints } from './routes/transfer.ts';

/** Every route of the API, by area. */
export const endpointsOf = (services: Services, options: HttpOptions): readonly Endpoint[] => [
  ...healthEndpoints(services), //     /health  /health/live  /health/ready
  ...categoryEndpoints(services), //   /api/v1/categories/
  ...entryEndpoints(services), //      /api/v1/entries/{read,write,update,delete}  /{id}  /{id}/history
  ...transferEndpoints(services, options), // /api/v1/entries/{export,export.ndjson,import}
  ...searchEndpoints(services), //     /api/v1/search/  /duplicates  /health
  ...sessionEndpoints(services), //    /api/v1/session/  /cited
  ...guidelineEndpoints(services), //  /api/v1/guidelines/{type}
  ...changeEndpoints(services, options), // /api/v1/changes
  ...metricsEndpoints(options), //     /metrics
  ...adminEndpoints(services), //      /admin/index/{status,rebuild,save}  /admin/queue/status
  ...namespaceEndpoints(options), //   /admin/namespaces  /delete
];
