import { serveBuilds } from '../../adapters/builder/process/build-server.ts';
import { NodeFiles } from '../../adapters/files/node/node-files.ts';
import { backendLoader } from '../../adapters/host/inline/backend-loader.ts';
import { sha256InPlace } from '../../adapters/native/sha256.ts';
import { digestWith } from '../core/snapshot/checksum.ts';
import { openIndexSource } from './index-source.ts';
import { armFailpointsFromEnvironment } from './failpoints.ts';
import { vectorBackends } from './vector-backends.ts';

/** The process that merges and rebuilds segments. Started by `ProcessBuilder`. */
armFailpointsFromEnvironment();
digestWith(sha256InPlace);
serveBuilds({
  openFiles: (target) => NodeFiles.open(target.directory),
  openSource: (target) => openIndexSource(target),
  loadBackend: backendLoader(vectorBackends),
});
