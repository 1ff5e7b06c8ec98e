#!/usr/bin/env node
import process from 'node:process';
import { boundHeapGrowth } from '../../adapters/native/heap-growth.ts';
import { runProgram } from './cli/program.ts';
import { processTerminal } from './cli/terminal.ts';
import { VERSION } from './version.ts';

// `chl export | head`: whoever reads has seen enough. That is no failure, and nothing is left to say.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

boundHeapGrowth();
process.exitCode = await runProgram({
  args: process.argv.slice(2),
  environment: process.env,
  terminal: processTerminal,
  version: VERSION,
});
