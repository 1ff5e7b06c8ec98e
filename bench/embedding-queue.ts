/**
 * How busy an import keeps an endpoint that takes 20 ms for a batch of 32 texts and works on one batch
 * at a time: 1,600 texts a second when it never waits. Client, service and endpoint are processes of
 * their own. Busy is the time with a batch in service, as a share of the import's whole wall time, in
 * `async` mode until the queue is empty; "20 ms a batch" leaves out how late the endpoint's own timers were,
 * which a machine without a free core makes part of it. What each process took of the processors says
 * which of them the endpoint waited for.
 *
 *     npm run bench:embedding-queue -- [--entries 6400]
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '../tests/support/build.ts';
import { benchArguments } from './support/arguments.ts';
import { costOf } from './support/process-cost.ts';
import { BenchService } from './support/service.ts';
import type { EndpointFigures } from './support/slow-endpoint.ts';

const { entries } = benchArguments({ entries: 6_400 });

interface Endpoint {
  readonly child: ChildProcess;
  readonly url: string;
}

async function startEndpoint(): Promise<Endpoint> {
  const program = join(repositoryRoot, 'bench', 'support', 'slow-endpoint.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, url: `http://127.0.0.1:${port}` };
}

const lines = Array.from({ length: entries }, (_, number) => ({
  entity_type: 'experience' as const,
  category_code: 'API',
  data: {
    section: 'useful',
    title: `Lesson ${number}`,
    playbook: `Feed zebra number ${number} before noon, then write down what it ate and why it mattered.`,
  },
}));

interface Cpu {
  readonly serving: number;
  readonly index: number;
  readonly endpoint: number;
  readonly client: number;
}

async function measure({ child, url }: Endpoint, mode: string): Promise<void> {
  const service = await BenchService.start({
    CHL_EMBEDDER: 'openai',
    CHL_EMBEDDING_URL: `${url}/v1`,
    CHL_EMBEDDING_MODEL: 'stand-in',
    CHL_EMBEDDING_DIMENSION: '384',
    CHL_EMBED_MODE: mode,
    CHL_LOG_LEVEL: 'info',
  });
  try {
    await fetch(url);
    const cpu = (): Cpu => ({ ...service.cpu(), ...cpuAround(child.pid!) });
    const before = cpu();
    const startMs = performance.now();
    await service.load(lines as never);
    for (let pending = 1; pending > 0;) {
      ({ pending } = await service.post<{ pending: number }>('/admin/queue/drain', {}));
    }
    const wallMs = performance.now() - startMs;
    const after = cpu();
    const figures = (await (await fetch(url)).json()) as EndpointFigures;
    report(mode, wallMs, figures, {
      serving: after.serving - before.serving,
      index: after.index - before.index,
      endpoint: after.endpoint - before.endpoint,
      client: after.client - before.client,
    });
  } finally {
    await service.stop();
  }
}

/** Seconds of the two processes beside the service. */
function cpuAround(endpointPid: number): Pick<Cpu, 'endpoint' | 'client'> {
  const { user, system } = process.cpuUsage();
  return { endpoint: costOf(endpointPid).cpuSeconds, client: (user + system) / 1e6 };
}

function report(
  mode: string,
  wallMs: number,
  { calls, texts, serviceMs, nominalMs, inFlightMs }: EndpointFigures,
  cpu: Cpu,
): void {
  const share = (ms: number): string => `${((100 * ms) / wallMs).toFixed(0)} %`;
  const each = (seconds: number): string => `${((1000 * seconds) / texts).toFixed(2)} ms`;
  console.log(
    `${mode.padEnd(5)} ${texts} texts in ${calls} calls, ${(wallMs / 1000).toFixed(1)} s, ` +
      `${((1000 * texts) / wallMs).toFixed(0)} a second; busy ${share(serviceMs)} ` +
      `(20 ms a batch: ${share(nominalMs)}; a call in flight: ${share(inFlightMs)}); ` +
      `CPU a text: serving and writer ${each(cpu.serving)}, index ${each(cpu.index)}, ` +
      `endpoint ${each(cpu.endpoint)}, client ${each(cpu.client)}; load ${loadavg()[0]!.toFixed(1)}`,
  );
}

const endpoint = await startEndpoint();
try {
  for (const mode of ['sync', 'async']) await measure(endpoint, mode);
} finally {
  endpoint.child.kill();
}
