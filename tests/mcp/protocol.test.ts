import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshEnvironment, startService, type RunningService } from '../cli/running-service.ts';
import { eventually } from '../http/support/client.ts';
import { call, initialize, post, type Rpc } from './support.ts';

/** What is said on the wire, message by message, beside what the SDK's client happens to send. */

let service: RunningService;
let dispose: () => Promise<void>;
beforeAll(async () => {
  const fresh = await freshEnvironment();
  dispose = fresh.dispose;
  service = await startService(fresh.environment);
});
afterAll(async () => {
  await service?.stop();
  await dispose?.();
});

const answer = async (response: Response): Promise<Rpc> => (await response.json()) as Rpc;

describe('versions', () => {
  test.each(['2025-03-26', '2025-06-18', '2025-11-25'])(
    '%s is spoken from the first message on',
    async (version) => {
      const first = await answer(await post(service.url, initialize(1, version)));
      expect(first.result).toMatchObject({ protocolVersion: version, serverInfo: { name: 'chl' } });
      const later = { 'MCP-Protocol-Version': version };
      const said = await post(service.url, { jsonrpc: '2.0', method: 'notifications/initialized' }, later);
      expect(said.status).toBe(202);
      expect(await said.text()).toBe('');
      const { result } = await answer(await post(service.url, call(2, 'list_categories'), later));
      expect(result).toMatchObject({ structuredContent: { categories: expect.any(Array) } });
    },
  );

  test('a version that does not exist yet is answered with the newest that does', async () => {
    const { result } = await answer(await post(service.url, initialize(1, '2031-01-01')));
    expect(result?.['protocolVersion']).toBe('2025-11-25');
    const refused = await post(service.url, call(2, 'list_categories'), {
      'MCP-Protocol-Version': '1999-01-01',
    });
    expect(refused.status).toBe(400);
  });
});

describe('transport', () => {
  test('a session that is not known is exactly 404, whatever is asked', async () => {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const response = await fetch(`${service.url}/mcp`, {
        method,
        headers: {
          'Mcp-Session-Id': 'of-an-earlier-life',
          'Content-Type': 'application/json',
          Accept: 'application/json, text/event-stream',
        },
        ...(method === 'POST' ? { body: JSON.stringify(call(1, 'list_categories')) } : {}),
      });
      expect(response.status, method).toBe(404);
      await response.body?.cancel();
    }
  });

  test('no stream to listen on, no session to end: GET and DELETE are 405 and say what is possible', async () => {
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const response = await fetch(`${service.url}/mcp`, {
        method,
        headers: { Accept: 'text/event-stream' },
      });
      expect(response.status, method).toBe(405);
      expect(response.headers.get('Allow')).toBe('POST');
      await response.body?.cancel();
    }
  });

  test('notifications and answers get 202 and nothing else', async () => {
    for (const message of [
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'nobody' } },
      { jsonrpc: '2.0', method: 'notifications/of-the-future' },
      { jsonrpc: '2.0', id: 5, result: {} },
    ]) {
      const response = await post(service.url, message);
      expect(response.status, JSON.stringify(message)).toBe(202);
      expect(await response.text()).toBe('');
    }
  });

  test('what is not JSON-RPC is an error of JSON-RPC, with the status that fits', async () => {
    const refused = async (body: unknown, headers?: Record<string, string>) => {
      const response = await post(service.url, body, headers);
      return [response.status, (await answer(response)).error?.code];
    };
    expect(await refused('{"jsonrpc": "2.0", ')).toEqual([400, -32700]);
    expect(await refused(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toEqual([400, -32700]);
    expect(await refused({ hello: 'there' })).toEqual([400, -32700]);
    expect(await refused({ ...call(1, 'search'), id: null })).toEqual([400, -32700]);
    expect((await post(service.url, call(1, 'search'), { Accept: 'text/html' })).status).toBe(406);
    expect((await post(service.url, call(1, 'search'), { 'Content-Type': 'text/plain' })).status).toBe(415);
    const unknown = await post(service.url, { jsonrpc: '2.0', id: 3, method: 'tools/destroy' });
    expect((await answer(unknown)).error?.code).toBe(-32601);
  });

  test('a batch is answered as one, also with an id that is used twice; one that is too long is refused', async () => {
    const calls = [call(1, 'list_categories'), call('b', 'index_status'), call(1, 'index_status')];
    const answers = (await (await post(service.url, calls.slice(0, 2))).json()) as Rpc[];
    expect(answers.map((one) => one.id)).toEqual([1, 'b']);
    const twice = await post(service.url, calls, {}, AbortSignal.timeout(5_000));
    expect(twice.status).toBeLessThan(500);
    await twice.text();
    const long = Array.from({ length: 2_000 }, (_, id) => call(id, 'list_categories'));
    expect((await post(service.url, long)).status).toBe(400);
  });

  test('a page of another origin, and a name that was bound to this machine, are refused', async () => {
    const foreign = await post(service.url, call(1, 'list_categories'), { Origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
    const own = await post(service.url, call(1, 'list_categories'), { Origin: service.url });
    expect(own.status).toBe(200);
  });
});

describe('idempotency keys', () => {
  const create = (key: unknown) =>
    call(1, 'create_entry', {
      entity_type: 'experience',
      category_code: 'TST',
      data: { section: 'useful', title: 'Once', playbook: 'Only once.' },
      duplicates: 'skip',
      idempotency_key: key,
    });

  test('a write that is repeated with its key happens once', async () => {
    const first = await answer(await post(service.url, create('once')));
    const second = await answer(await post(service.url, create('once')));
    expect(first.result).toMatchObject({ structuredContent: { success: true } });
    expect(second.result).toEqual(first.result);
  });

  test.each([5, '', 'k'.repeat(201), { key: 'once' }])(
    'one that cannot be used is refused, not ignored: %j',
    async (key) => {
      const { result } = await answer(await post(service.url, create(key)));
      expect(result).toMatchObject({
        isError: true,
        structuredContent: {
          detail: expect.stringMatching(/^idempotency_key must/),
          error: { code: 'INVALID_ARGUMENT' },
        },
      });
    },
  );
});

describe('cancellation', () => {
  /** A search that waits for a change which never comes, until its time is over. */
  async function waiting(
    id: number,
    headers: Record<string, string> = {},
  ): Promise<{ answered: Promise<Response> }> {
    const { result } = await answer(
      await post(
        service.url,
        call(1, 'create_entry', {
          entity_type: 'experience',
          category_code: 'TST',
          data: { section: 'useful', title: `Waiting ${id}`, playbook: 'Wait.' },
          duplicates: 'skip',
        }),
      ),
    );
    const { seq } = result!['structuredContent'] as { seq: string };
    const future = `${seq.split(':')[0]}:${Number(seq.split(':')[1]) + 1_000_000}`;
    return {
      answered: post(service.url, call(id, 'search', { query: 'wait' }), {
        ...headers,
        'X-CHL-Min-Seq': future,
      }),
    };
  }
  const cancelled = (requestId: number) => ({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId, reason: 'not needed any more' },
  });

  test('reaches the call although it arrives as a request of its own', async () => {
    const { answered } = await waiting(4711);
    const settled = answered.then(answer);
    // Until the call has begun, a cancellation finds nothing.
    const result = await eventually(
      async () => {
        expect((await post(service.url, cancelled(4711))).status).toBe(202);
        return Promise.race([settled, new Promise<null>((resolve) => setTimeout(resolve, 20, null))]);
      },
      (one) => one !== null,
    );
    expect(result?.result).toMatchObject({
      isError: true,
      structuredContent: { detail: 'The call was cancelled.' },
    });
  });

  test('of somebody else’s call with the same id does nothing', async () => {
    const { answered } = await waiting(12, { 'User-Agent': 'somebody/1' });
    await post(service.url, cancelled(12), { 'User-Agent': 'else/1' });
    const { result } = await answer(await answered);
    expect(JSON.stringify(result)).not.toContain('cancelled');
  });
});
