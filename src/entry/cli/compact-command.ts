import { compactResponse } from '../../service/contract/admin.ts';
import { EXIT, type ExitCode } from './command-error.ts';
import { call, type Service } from './service.ts';
import { bytesText, type Terminal } from './terminal.ts';

/** Gives the room of what was deleted back to the disk. */
export async function compactCommand(service: Service, json: boolean, terminal: Terminal): Promise<ExitCode> {
  const report = await call(service, compactResponse, '/admin/compact', {});
  const text = `The database has ${bytesText(report.bytes_after)}; it had ${bytesText(report.bytes_before)}.`;
  terminal.print(json ? JSON.stringify(report) : text);
  return EXIT.ok;
}
