import {
  createNamespaceResponse,
  deleteNamespaceResponse,
  namespacesResponse,
} from '../../service/contract/namespaces.ts';
import { CommandError, EXIT, type ExitCode } from './command-error.ts';
import { call, type Service } from './service.ts';
import type { Terminal } from './terminal.ts';

interface NamespacesOptions {
  readonly action: string;
  readonly name: string | null;
  readonly json: boolean;
}

const PATH = '/admin/namespaces';

/** Makes, lists and deletes namespaces; what is in one is asked for with `--url ADDRESS/ns/NAME`. */
export async function namespacesCommand(
  service: Service,
  { action, name, json }: NamespacesOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  switch (action) {
    case 'list': {
      const answer = await call(service, namespacesResponse, PATH);
      if (json) terminal.print(JSON.stringify(answer));
      else if (answer.namespaces.length === 0)
        terminal.note('No namespaces. Make one with: chl namespaces new NAME');
      else for (const one of answer.namespaces) terminal.print(`${one.name}${one.open ? '  open' : ''}`);
      return EXIT.ok;
    }
    case 'new': {
      const answer = await call(service, createNamespaceResponse, PATH, { name: needed(name) });
      tell(answer, json, terminal);
      return EXIT.ok;
    }
    case 'delete': {
      const answer = await call(service, deleteNamespaceResponse, `${PATH}/delete`, { name: needed(name) });
      tell(answer, json, terminal);
      return EXIT.ok;
    }
    default:
      throw new CommandError(EXIT.usage, `There is no "chl namespaces ${action}".`, {
        hint: 'Use new, list or delete.',
      });
  }
}

function needed(name: string | null): string {
  if (name !== null) return name;
  throw new CommandError(EXIT.usage, 'Which namespace? Give its name.');
}

function tell(answer: { readonly message: string }, json: boolean, terminal: Terminal): void {
  if (json) terminal.print(JSON.stringify(answer));
  else terminal.note(answer.message);
}
