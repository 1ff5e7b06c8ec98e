import { cac, type CAC } from 'cac';
import { ENTITY_TYPES } from '../../core/entry.ts';
import { ChlError } from '../../core/errors.ts';
import { SEARCH_MODES } from '../../core/ports/index-host.ts';
import { REEMBED_TARGETS } from '../../service/contract/admin.ts';
import { CONTRACT_LIMITS } from '../../service/contract/limits.ts';
import { isNamespaceName, NAMESPACE_NAME_RULE } from '../../service/namespaces/namespace-name.ts';
import { ROLES } from '../../service/roles.ts';
import { CommandError, EXIT, type ExitCode } from './command-error.ts';
import { CommandLine } from './command-line.ts';
import { connect, serviceAddress, type Environment } from './connect.ts';
import type { Service } from './service.ts';
import type { Terminal } from './terminal.ts';

export interface Invocation {
  /** Without the program and its file. */
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly terminal: Terminal;
  readonly version: string;
}

/** Runs one command to its end; nothing is thrown, and what went wrong is on stderr. */
export async function runProgram(invocation: Invocation): Promise<ExitCode> {
  try {
    return await dispatch(invocation);
  } catch (error) {
    return reportFailure(error, invocation.terminal);
  }
}

async function dispatch(invocation: Invocation): Promise<ExitCode> {
  const program = cac('chl');
  program.help();
  program.version(invocation.version);
  program.option('--url <address>', 'Service to talk to (CHL_URL, else the port CHL_PORT on this machine)');
  program.option('--key <key>', 'API key to send (CHL_API_KEY)');
  program.option('--json', 'Answer as JSON, for programs');
  defineCommands(program, invocation);

  program.parse(['', '', ...invocation.args], { run: false });
  if (program.options['help'] === true || program.options['version'] === true) return EXIT.ok;
  if (program.matchedCommand === undefined) {
    const [unknown] = program.args;
    if (unknown !== undefined)
      throw new CommandError(EXIT.usage, `There is no command "${unknown}".`, { hint: 'See chl --help.' });
    program.outputHelp();
    return EXIT.usage;
  }
  return (await program.runMatchedCommand()) as ExitCode;
}

function defineCommands(program: CAC, invocation: Invocation): void {
  const { environment, terminal } = invocation;
  const line = new CommandLine(invocation.args);
  const json = line.flag('json');
  const withService = async (
    body: (service: Service) => Promise<ExitCode>,
    folder: 'create' | 'existing' = 'existing',
  ): Promise<ExitCode> => {
    const service = await connect(line, environment, terminal, folder);
    try {
      return await body(service);
    } finally {
      await service.close();
    }
  };

  program.command('serve', 'Run the service until it is stopped').action(async () => {
    const { serve } = await import('../serve.ts');
    await serve({ ...environment });
    return EXIT.ok;
  });

  program
    .command('import <file>', 'Store the entries of an NDJSON file, or of the chl.db of the Python CHL')
    .option('--categories <file>', 'JSON list of categories to create first')
    .action(async (file: string) => {
      const { importCommand } = await import('./import-command.ts');
      const options = { file, categoriesFile: line.text('categories'), json };
      return withService((service) => importCommand(service, options, terminal), 'create');
    });

  program
    .command('export [file]', 'Write all entries as NDJSON, to a file or to stdout')
    .action(async (file?: string) => {
      const { exportCommand } = await import('./export-command.ts');
      return withService((service) => exportCommand(service, { file: file ?? null, json }, terminal));
    });

  program
    .command('search <...words>', 'Search as agents do')
    .option('--category <code>', 'Only this category')
    .option('--type <type>', `Only this type: ${ENTITY_TYPES.join(', ')}`)
    .option('--mode <mode>', SEARCH_MODES.join(', '))
    .option('--limit <count>', 'How many to show (10)')
    .action(async (words: readonly string[]) => {
      const { searchCommand } = await import('./search-command.ts');
      const options = {
        query: words.join(' '),
        category: line.text('category'),
        type: line.oneOf('type', ENTITY_TYPES),
        mode: line.oneOf('mode', SEARCH_MODES),
        limit: line.integer('limit', 10, { min: 1, max: CONTRACT_LIMITS.searchLimit }),
        json,
      };
      return withService((service) => searchCommand(service, options, terminal));
    });

  program.command('status', 'How the service and its index are').action(async () => {
    const { statusCommand } = await import('./status-command.ts');
    return withService((service) => statusCommand(service, json, terminal));
  });

  defineMaintenance(program, { line, json, environment, terminal, withService });

  defineAccess(program, { line, json, environment, terminal, withService });
}

/** How others come in: their keys, their namespaces, and clients that only speak stdio. */
function defineAccess(program: CAC, { line, json, environment, terminal, withService }: CommandParts): void {
  program
    .command('namespaces <action> [name]', 'Memories of teams: new NAME, list, delete NAME')
    .action(async (action: string, name?: string | number) => {
      const { namespacesCommand } = await import('./namespaces-command.ts');
      const options = { action, name: name === undefined ? null : String(name), json };
      return withService((service) => namespacesCommand(service, options, terminal));
    });

  program
    .command('keys <action> [name]', 'API keys: new NAME [--role read|write|admin], list, revoke NAME')
    .option('--role <role>', `What the new key may do: ${ROLES.join(', ')} (write)`)
    .option('--namespace <names>', 'The only namespaces it opens, separated by commas')
    .action(async (action: string, name?: string | number) => {
      const { keysCommand } = await import('./keys-command.ts');
      const role = line.oneOf('role', ROLES) ?? 'write';
      // cac has made a number of a name that looks like one.
      const namespaces = namespacesOf(line);
      const options = { action, name: name === undefined ? null : String(name), role, namespaces, json };
      return keysCommand(options, environment, terminal);
    });

  program.command('mcp', 'Speak MCP over stdio for a running service').action(async () => {
    const { runMcpProxy } = await import('./mcp.ts');
    await runMcpProxy(serviceAddress(line, environment));
    return EXIT.ok;
  });
}

function namespacesOf(line: CommandLine): readonly string[] | null {
  const names = line.text('namespace')?.split(',') ?? null;
  if (names?.every(isNamespaceName) === false)
    throw new CommandError(EXIT.usage, `A name in --namespace ${NAMESPACE_NAME_RULE}.`);
  return names;
}

interface CommandParts extends Pick<Invocation, 'environment' | 'terminal'> {
  readonly line: CommandLine;
  readonly json: boolean;
  readonly withService: (body: (service: Service) => Promise<ExitCode>) => Promise<ExitCode>;
}

/** Through the running service, where there is one; verify and restore need the folder to themselves. */
function defineMaintenance(
  program: CAC,
  { line, json, environment, terminal, withService }: CommandParts,
): void {
  program
    .command('verify', 'Check the database and the index snapshots, while no service runs')
    .option('--repair', 'Make anew what is damaged and derived from the entries')
    .action(async () => {
      const { verifyCommand } = await import('./verify-command.ts');
      return verifyCommand(environment, { repair: line.flag('repair'), json }, terminal);
    });

  program
    .command('reembed', 'Change the embedder; searches go on from the old vectors meanwhile')
    .option('--to <embedder>', `The configured one, or: ${REEMBED_TARGETS.join(', ')}`)
    .option('--model <name>', 'Model, where it is not CHL_EMBEDDING_MODEL of the service')
    .action(async () => {
      const { reembedCommand } = await import('./reembed-command.ts');
      const request = { to: line.oneOf('to', REEMBED_TARGETS), model: line.text('model') };
      return withService((service) => reembedCommand(service, { request, json }, terminal));
    });

  program.command('rebuild', 'Build the index anew from the database').action(async () => {
    const { rebuildCommand } = await import('./rebuild-command.ts');
    return withService((service) => rebuildCommand(service, json, terminal));
  });

  program
    .command('backup <file>', 'Copy the database into a file, while writes go on')
    .option('--force', 'Replace the file if it is there')
    .action(async (file: string) => {
      const { backupCommand } = await import('./backup-command.ts');
      return withService((service) =>
        backupCommand(service, { file, force: line.flag('force'), json }, terminal),
      );
    });

  program
    .command('restore <file>', 'Replace the database by a backup, while no service runs')
    .action(async (file: string) => {
      const { restoreCommand } = await import('./restore-command.ts');
      return restoreCommand(environment, { file, json }, terminal);
    });

  program.command('compact', 'Give the room of deleted entries back to the disk').action(async () => {
    const { compactCommand } = await import('./compact-command.ts');
    return withService((service) => compactCommand(service, json, terminal));
  });
}

function reportFailure(error: unknown, terminal: Terminal): ExitCode {
  const hint = error instanceof CommandError || error instanceof ChlError ? error.hint : undefined;
  const message = error instanceof Error ? error.message : String(error);
  // A list of mistakes ends with its last one; what to do about them is a line of its own.
  const separator = message.includes('\n') ? '\n' : ' ';
  terminal.note(`chl: ${message}${hint === undefined ? '' : `${separator}${hint}`}`);
  if (error instanceof CommandError) return error.exitCode;
  // cac's own: an unknown option, a missing argument.
  if (error instanceof Error && error.name === 'CACError') return EXIT.usage;
  if (error instanceof ChlError) return error.code === 'CONFIGURATION' ? EXIT.usage : EXIT.failure;
  return EXIT.failure;
}
