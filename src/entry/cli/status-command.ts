import colors from 'picocolors';
import { indexStatusResponse, type IndexStatusResponse } from '../../service/contract/admin.ts';
import { healthResponse, type HealthResponse } from '../../service/contract/health.ts';
import { searchHealthResponse, type SearchHealthResponse } from '../../service/contract/search.ts';
import { EXIT, type ExitCode } from './command-error.ts';
import { call, checked, type Service } from './service.ts';
import { bytesText, definitionList, type Terminal } from './terminal.ts';

type Row = readonly [name: string, value: string];

/** How the service and its index are. Exit code 1 when it is unhealthy, so that a script can ask. */
export async function statusCommand(service: Service, json: boolean, terminal: Terminal): Promise<ExitCode> {
  // 503 is an answer here.
  const health = checked(service, healthResponse, await (await service.fetch('/health')).json());
  if (health.status === 'unhealthy') {
    // Without its database the service can tell no more.
    terminal.print(json ? JSON.stringify({ health }) : definitionList(healthRows(service, health)));
    return EXIT.failure;
  }
  const content = await call(service, searchHealthResponse, '/api/v1/search/health');
  const index = await call(service, indexStatusResponse, '/admin/index/status');
  const rows = [...healthRows(service, health), ...contentRows(content), ...indexRows(index)];
  terminal.print(json ? JSON.stringify({ health, content, index }) : definitionList(rows));
  return EXIT.ok;
}

const STATE_COLORS = { healthy: colors.green, degraded: colors.yellow, unhealthy: colors.red } as const;

function healthRows(service: Service, { status, components }: HealthResponse): Row[] {
  const component = ({ status: state, detail }: HealthResponse['components']['database']): string =>
    `${STATE_COLORS[state](state)}  ${detail}`;
  return [
    ['service', `${STATE_COLORS[status](status)}  ${service.place}`],
    ['database', component(components.database)],
    ['index', component(components.faiss_index)],
    ['embedder', component(components.embedding_model)],
  ];
}

function contentRows({ totals, embedding_status: embedding, warnings }: SearchHealthResponse): Row[] {
  return [
    ['experiences', String(totals.experiences)],
    ['skills', String(totals.skills)],
    ['embedded', `${embedding.embedded} (${embedding.pending} pending, ${embedding.failed} failed)`],
    ...warnings.map((warning): Row => ['warning', colors.yellow(warning)]),
  ];
}

function indexRows(index: IndexStatusResponse): Row[] {
  const { snapshot, recovery, segments, growing } = index;
  return [
    ['backend', `${index.backend ?? 'none'} (${index.model_name}, ${index.dimension} dimensions)`],
    ['scans', scanText(index.scan_kernel)],
    ['vectors', `${index.index_size} in ${segments.length} sealed segments and ${growing.rows} growing rows`],
    ['tombstones', `${index.tombstones} (${(100 * index.tombstone_ratio).toFixed(1)} %)`],
    ['memory', bytesText(index.memory_bytes)],
    [
      'snapshot',
      snapshot === null
        ? 'none'
        : `generation ${snapshot.generation} of ${snapshot.saved_at}, ${bytesText(snapshot.bytes)}`,
    ],
    ['save policy', `${index.save_policy}, ${index.unsaved_changes} unsaved changes`],
    [
      'rebuild',
      index.rebuild.running ? `running, ${Math.round(100 * index.rebuild.progress)} %` : 'not running',
    ],
    [
      'recovered from',
      recovery === null ? 'not yet' : `${recovery.source}, ${recovery.replayed} changes replayed`,
    ],
    ...(index.reason === undefined ? [] : [['reason', index.reason] as const]),
  ];
}

function scanText(kernel: IndexStatusResponse['scan_kernel']): string {
  if (kernel === null) return 'not yet';
  const how = kernel.instructions === null ? kernel.name : `${kernel.name}, ${kernel.instructions}`;
  return kernel.reason === null ? how : `${how} (${kernel.reason})`;
}
