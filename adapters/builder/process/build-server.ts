import { constants, setPriority } from 'node:os';
import { toChlError } from '../../../src/core/errors.ts';
import { buildSegment } from '../../../src/core/snapshot/build-segment.ts';
import type { BuildContext } from '../../../src/core/snapshot/build-segment.ts';
import { leaveWithParent } from '../../host/process/leave-with-parent.ts';
import type { BuildAnswer, BuildRequest, BuildTarget } from './protocol.ts';

export interface BuildServerOptions {
  openFiles(target: BuildTarget): Promise<BuildContext['files']>;
  openSource(target: BuildTarget): Promise<BuildContext['source']>;
  loadBackend: BuildContext['backend'];
}

/** Makes this process the builder of the one that started it. */
export function serveBuilds(options: BuildServerOptions): void {
  leaveWithParent();
  setPriority(constants.priority.PRIORITY_LOW);
  process.on('message', (request: BuildRequest) => {
    void answerBuild(request, options).then((answer) => process.send?.(answer));
  });
}

/**
 * Does one task and forgets everything about it: files and database are opened anew each time, which
 * takes a few milliseconds and leaves nothing open between builds.
 */
async function answerBuild(
  { target, task }: BuildRequest,
  options: BuildServerOptions,
): Promise<BuildAnswer> {
  try {
    const source = await options.openSource(target);
    try {
      const files = await options.openFiles(target);
      const context = { files, source, fingerprint: target.fingerprint, backend: options.loadBackend };
      return { ok: true, built: await buildSegment(task, context) };
    } finally {
      await source.close();
    }
  } catch (error) {
    return { ok: false, error: toChlError(error, 'segment.build').toData() };
  }
}
