#!/usr/bin/env node
import process from 'node:process';
import { runProgram } from './cli/program.ts';
import { processTerminal } from './cli/terminal.ts';
import { VERSION } from './version.ts';

process.exitCode = await runProgram({
  args: process.argv.slice(2),
  environment: process.env,
  terminal: processTerminal,
  version: VERSION,
});
