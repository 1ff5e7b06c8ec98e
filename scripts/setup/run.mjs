import { spawn } from 'node:child_process';

/**
 * Runs a program and waits for it, without a shell.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{cwd?: string, env?: Record<string, string>, timeoutMs?: number, show?: boolean}} [options]
 *   `env` is added to this process's own; `show` lets its output through instead of collecting it
 * @returns {Promise<{ok: boolean, stdout: string, output: string}>} `output` is both streams
 */
export function run(program, args, { cwd, env, timeoutMs, show = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      timeout: timeoutMs,
      stdio: ['ignore', show ? 2 : 'pipe', show ? 2 : 'pipe'],
    });
    let stdout = '';
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) => resolve({ ok: false, stdout, output: output + error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, stdout, output }));
  });
}

/** npm as it was called, else the one on the path. */
export function npm(args, options) {
  const script = process.env['npm_execpath'];
  return script === undefined ? run('npm', args, options) : run(process.execPath, [script, ...args], options);
}
