import type { BenchService } from './service.ts';

/** The sum of a metric's samples over all labels that match, from `/metrics`. */
export async function metric(service: BenchService, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => line.includes(label))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.reduce((sum, value) => sum + value, 0);
}
