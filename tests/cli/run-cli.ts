import { runProgram } from '../../src/entry/cli/program.ts';
import type { Environment } from '../../src/entry/cli/connect.ts';

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command in this process, with its output recorded. */
export async function runCli(args: readonly string[], environment: Environment = {}): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  const exitCode = await runProgram({
    args,
    environment,
    version: '1.2.3',
    terminal: {
      print: (text) => void (stdout += `${text}\n`),
      note: (text) => void (stderr += `${text}\n`),
      write: async (text) => void (stdout += text),
      progress: () => ({ update: () => undefined, stop: () => undefined }),
    },
  });
  return { exitCode, stdout, stderr };
}
