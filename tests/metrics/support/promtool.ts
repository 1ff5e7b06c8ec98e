import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

const PROMTOOL = '/usr/bin/promtool';

/** Set-up installs it where it may; in CI its absence is a failure, elsewhere a reason to skip. */
export const promtoolMissing = !existsSync(PROMTOOL) && process.env['CI'] === undefined;

export interface PromtoolResult {
  readonly exitCode: number | null;
  readonly output: string;
}

export function promtool(args: readonly string[], input = ''): Promise<PromtoolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(PROMTOOL, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, output }));
    child.stdin.end(input);
  });
}
