import { rebuildResponse } from '../../service/contract/admin.ts';
import { EXIT, type ExitCode } from './command-error.ts';
import { localService, type Environment } from './connect.ts';
import { call, type Service } from './service.ts';
import type { Terminal } from './terminal.ts';

/** The index anew from the database: by the running service, or by one for the length of the command. */
export async function rebuildCommand(service: Service, json: boolean, terminal: Terminal): Promise<ExitCode> {
  const report = await call(service, rebuildResponse, '/admin/index/rebuild', {});
  terminal.print(json ? JSON.stringify(report) : report.message);
  return EXIT.ok;
}

/** @returns what was done */
export async function rebuildOffline(environment: Environment): Promise<string> {
  const service = await localService(environment, 'existing');
  try {
    const { message } = await call(service, rebuildResponse, '/admin/index/rebuild', {});
    return message;
  } finally {
    await service.close();
  }
}
