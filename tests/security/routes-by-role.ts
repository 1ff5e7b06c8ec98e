/** What each route asks for, written down by hand: a route that is missing here fails the test. */
export type Needs = 'public' | 'read' | 'write' | 'admin';

export interface RouteRow {
  readonly method: 'GET' | 'POST';
  /** As in openapi.json. */
  readonly path: string;
  readonly needs: Needs;
}

const row = (needs: Needs, method: 'GET' | 'POST', path: string): RouteRow => ({ method, path, needs });

export const ROUTES: readonly RouteRow[] = [
  row('public', 'GET', '/health'),
  row('public', 'GET', '/health/live'),
  row('public', 'GET', '/health/ready'),
  row('read', 'GET', '/metrics'),

  row('read', 'GET', '/api/v1/categories/'),
  row('write', 'POST', '/api/v1/categories/'),
  row('read', 'POST', '/api/v1/entries/read'),
  row('write', 'POST', '/api/v1/entries/write'),
  row('write', 'POST', '/api/v1/entries/update'),
  row('write', 'POST', '/api/v1/entries/delete'),
  row('read', 'GET', '/api/v1/entries/{id}'),
  row('read', 'GET', '/api/v1/entries/{id}/history'),
  row('read', 'GET', '/api/v1/entries/export'),
  row('read', 'GET', '/api/v1/entries/export.ndjson'),
  row('write', 'POST', '/api/v1/entries/import'),
  row('read', 'POST', '/api/v1/search/'),
  row('read', 'POST', '/api/v1/search/duplicates'),
  row('read', 'GET', '/api/v1/search/health'),
  row('read', 'GET', '/api/v1/session/'),
  row('read', 'POST', '/api/v1/session/cited'),
  row('read', 'GET', '/api/v1/guidelines/{type}'),
  row('read', 'GET', '/api/v1/changes'),

  row('read', 'GET', '/admin/index/status'),
  row('admin', 'POST', '/admin/index/rebuild'),
  row('admin', 'POST', '/admin/index/save'),
  row('admin', 'POST', '/admin/backup'),
  row('admin', 'POST', '/admin/compact'),
  row('read', 'GET', '/admin/queue/status'),
  row('admin', 'POST', '/admin/queue/pause'),
  row('admin', 'POST', '/admin/queue/resume'),
  row('admin', 'POST', '/admin/queue/drain'),
  row('admin', 'POST', '/admin/queue/retry-failed'),
  row('read', 'GET', '/admin/reembed'),
  row('admin', 'POST', '/admin/reembed'),
  row('admin', 'GET', '/admin/namespaces'),
  row('admin', 'POST', '/admin/namespaces'),
  row('admin', 'POST', '/admin/namespaces/delete'),
];

/** Beside the API: pages without data, the description of the API, and MCP, whose tools have roles of their own. */
export const OTHER_ROUTES: readonly RouteRow[] = [
  row('read', 'POST', '/mcp'),
  row('read', 'GET', '/mcp'),
  row('public', 'GET', '/openapi.json'),
  row('public', 'GET', '/docs'),
];

/** What each MCP tool asks for. */
export const TOOL_NEEDS: Readonly<Record<string, Needs>> = {
  list_categories: 'read',
  read_entries: 'read',
  search: 'read',
  check_duplicates: 'read',
  get_guidelines: 'read',
  index_status: 'read',
  create_entry: 'write',
  update_entry: 'write',
  delete_entry: 'write',
};
