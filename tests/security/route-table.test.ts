import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshEnvironment, startService, type RunningService } from '../cli/running-service.ts';
import { OTHER_ROUTES, ROUTES, TOOL_NEEDS, type Needs, type RouteRow } from './routes-by-role.ts';

const KEYS = { read: 'read-key-0001', write: 'write-key-002', admin: 'admin-key-003' } as const;

/** Everybody who may come, and what they are answered by a route that needs a role. */
const CALLERS = ['no key', 'wrong key', 'read', 'write', 'admin'] as const;
type Caller = (typeof CALLERS)[number];
type Outcome = 401 | 403 | 'let in';

const MATRIX: Readonly<Record<Needs, Readonly<Record<Caller, Outcome>>>> = {
  public: { 'no key': 'let in', 'wrong key': 'let in', read: 'let in', write: 'let in', admin: 'let in' },
  read: { 'no key': 401, 'wrong key': 401, read: 'let in', write: 'let in', admin: 'let in' },
  write: { 'no key': 401, 'wrong key': 401, read: 403, write: 'let in', admin: 'let in' },
  admin: { 'no key': 401, 'wrong key': 401, read: 403, write: 403, admin: 'let in' },
};

let service: RunningService;
let dispose: () => Promise<void>;

beforeAll(async () => {
  const fresh = await freshEnvironment({
    CHL_API_KEYS: Object.entries(KEYS)
      .map(([role, key]) => `${role}er:${role}:${key}`)
      .join(','),
  });
  dispose = fresh.dispose;
  service = await startService(fresh.environment);
});
afterAll(async () => {
  await service?.stop();
  await dispose?.();
});

function credentials(caller: Caller): Record<string, string> {
  if (caller === 'no key') return {};
  return { Authorization: `Bearer ${caller === 'wrong key' ? 'not-a-key' : KEYS[caller]}` };
}

/** Bodies that no route accepts: who may not come in is told so before a body is looked at. */
async function ask(method: string, path: string, headers: Record<string, string>): Promise<number> {
  const response = await fetch(service.url + path, {
    method,
    headers: { ...headers, ...(method === 'POST' ? { 'Content-Type': 'application/json' } : {}) },
    ...(method === 'POST' ? { body: '"x"' } : {}),
    redirect: 'manual',
  });
  await response.body?.cancel();
  return response.status;
}

const concrete = (path: string): string => path.replace('{id}', 'EXP-TST-1').replace('{type}', 'generator');
const outcomeOf = (status: number): Outcome => (status === 401 || status === 403 ? status : 'let in');

test('every route of the API is in the table, and nothing else', async () => {
  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const served = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(served.toSorted()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted());
});

describe.each([...ROUTES, ...OTHER_ROUTES])('$method $path needs $needs', ({ method, path, needs }) => {
  test('each caller gets what the matrix says, with either header and with the other trailing slash', async () => {
    const given = concrete(path);
    const other = given.endsWith('/') ? given.slice(0, -1) : `${given}/`;
    for (const caller of CALLERS) {
      const expected = MATRIX[needs][caller];
      const { Authorization: bearer } = credentials(caller);
      expect(outcomeOf(await ask(method, given, credentials(caller))), caller).toBe(expected);
      expect(outcomeOf(await ask(method, other, credentials(caller))), `${caller}, ${other}`).toBe(expected);
      if (bearer === undefined) continue;
      const header = { 'X-API-Key': bearer.slice('Bearer '.length) };
      expect(outcomeOf(await ask(method, given, header)), `${caller}, X-API-Key`).toBe(expected);
    }
  });

  test('no spelling of the path lets in whom the path itself keeps out', async () => {
    for (const [name, spelling] of Object.entries(spellings(concrete(path)))) {
      for (const caller of CALLERS) {
        const status = await ask(method, spelling, credentials(caller));
        const what = `${name} ${spelling}, ${caller}: ${status}`;
        const kept = MATRIX[needs][caller];
        // Not there, not with this method, or kept out as before.
        if (kept !== 'let in') expect([401, 403, 404, 405], what).toContain(status);
        if (expectedNotThere(name)) expect(status, what).toBe(404);
      }
    }
  });

  test('every other method is refused, and none of them acts', async () => {
    const others = ['PUT', 'DELETE', 'PATCH', 'OPTIONS'].filter((one) => one !== method);
    for (const other of others) {
      for (const caller of ['no key', 'admin'] as const) {
        expect([401, 404, 405], `${other} ${caller}`).toContain(
          await ask(other, concrete(path), credentials(caller)),
        );
      }
    }
  });
});

/** Ways to write a path that proxies and frameworks have taken for the path itself. */
function spellings(path: string): Readonly<Record<string, string>> {
  const inner = path.lastIndexOf('/', path.length - 2);
  return {
    'doubled first slash': `/${path}`,
    'doubled inner slash': `${path.slice(0, inner)}/${path.slice(inner)}`,
    'upper case': path.toUpperCase(),
    'encoded slash':
      inner === 0 ? `/%2F${path.slice(1)}` : `${path.slice(0, inner)}%2F${path.slice(inner + 1)}`,
    'encoded letter': path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    'dot segment': `${path.slice(0, inner)}/%2e${path.slice(inner)}`,
    'semicolon parameter': `${path.replace(/\/$/, '')};a=b`,
    'NUL at the end': `${path.replace(/\/$/, '')}%00`,
  };
}

const expectedNotThere = (name: string): boolean =>
  name === 'doubled first slash' || name === 'doubled inner slash' || name === 'upper case';

describe.each(Object.entries(TOOL_NEEDS))('MCP tool %s needs %s', (tool, needs) => {
  test.each(CALLERS)('%s', async (caller) => {
    const response = await fetch(`${service.url}/mcp`, {
      method: 'POST',
      headers: {
        ...credentials(caller),
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: tool, arguments: {} },
      }),
    });
    const expected = MATRIX[needs][caller];
    if (expected === 401) {
      expect(response.status).toBe(401);
      return;
    }
    const { result } = (await response.json()) as {
      result: { isError?: boolean; structuredContent: { error?: { code: string } } };
    };
    expect(result.structuredContent.error?.code === 'FORBIDDEN').toBe(expected === 403);
  });
});

test('what is wanted of whom is told: WWW-Authenticate, and the role that is missing', async () => {
  const without = await fetch(`${service.url}/api/v1/categories`);
  expect(without.headers.get('WWW-Authenticate')).toBe('Bearer');
  const row: RouteRow = ROUTES.find(({ path }) => path === '/admin/index/save')!;
  const reader = await fetch(service.url + row.path, { method: 'POST', headers: credentials('read') });
  expect(await reader.json()).toMatchObject({
    detail: 'This needs a key with the role admin; yours has read.',
    error: { code: 'FORBIDDEN', retryable: false },
  });
});
