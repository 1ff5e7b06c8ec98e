import process from 'node:process';
import pc from 'picocolors';
import { toChlError } from '../core/errors.ts';
import type { Logger } from '../core/ports/runtime.ts';
import type { Application } from './application.ts';
import { CONFIGURATION_EXIT_CODE, loadConfig, type Config } from './config.ts';
import { openIndexHost } from './index-host.ts';
import type { Listen, Listening } from './listen/listener.ts';
import { createLogger } from './logging.ts';
import { loadMcp } from './mcp-on-demand.ts';
import { loadPrometheus } from './metrics/metrics-on-demand.ts';
import { settledWithin } from './settled-within.ts';

/** From the first signal to the end of the process. */
const SHUTDOWN_MAX_MS = 10_000;
/** Of which this much is for the requests that were being answered. */
const DRAIN_MAX_MS = 5_000;

/** Loads what listens. Node's HTTP and its Request and Response are slow to load. */
export type LoadListener = () => Promise<Listen>;

const nodeListener: LoadListener = async () => (await import('./listen/node-listener.ts')).listenOnNode;

/**
 * Serves until SIGTERM or SIGINT, then ends in order: no new connections, answers what was taken,
 * saves, closes. A second signal ends the process at once. The index process comes first, so that it
 * is loaded on another core while this one loads the rest of the program.
 * @throws CONFIGURATION with every mistake at once, CONFLICT when another process owns the data folder
 */
export async function serve(
  environment: Readonly<Record<string, string | undefined>>,
  loadListener: LoadListener = nodeListener,
): Promise<void> {
  const config = loadConfig(environment);
  const readable = process.stdout.isTTY;
  const logger = createLogger({
    level: config.logLevel,
    readable,
    write: (line) => process.stdout.write(line),
  });
  const stopped = stopSignal(logger);
  const indexHost = await openIndexHost(config, logger);
  const { openApplication } = await import('./application.ts');
  const application = await openApplication(config, { logger, indexHost, meanwhile: loadListener });
  let listening: Listening;
  try {
    const listen = await loadListener();
    listening = await listen(application.app, config);
  } catch (error) {
    await application.close();
    throw error;
  }
  announce(application, listening, { config, logger, readable });
  void application.collection.opened.then(() => loadTheRest(logger));
  await stopped;
  await shutDown(application, listening, logger);
}

/** Resolves at the first signal; the second one ends the process as the shell would expect. */
function stopSignal(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
      asked = true;
      logger.info({ signal }, 'Stopping; once more to stop at once.');
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

interface Announcement {
  readonly config: Config;
  readonly logger: Logger;
  readonly readable: boolean;
}

/** As soon as it answers. The index says for itself when it is open, and what it is. */
function announce(application: Application, { url }: Listening, to: Announcement): void {
  const { config, logger, readable } = to;
  const { state } = application.collection;
  const embedder = application.embedder.fingerprint.name;
  if (readable) {
    process.stdout.write(
      `${pc.bold('CHL')} ${pc.cyan(url)}  index ${state} · ${embedder} embedder · data in ${config.dataDir} · docs at ${url}/docs\n`,
    );
  } else {
    logger.info({ url, state, embedder, dataDir: config.dataDir, pid: process.pid }, 'serving');
  }
  if (application.generatedKey !== null) {
    // Not through the log, which may be kept: this is the only time the key is seen.
    process.stdout.write(
      `No API key was configured, so one was made. It is shown this once: ${application.generatedKey}\n`,
    );
  }
}

/** What nobody has asked for yet, so that the first who does need not wait for it. */
async function loadTheRest(logger: Logger): Promise<void> {
  try {
    await loadMcp();
    await loadPrometheus();
  } catch (error) {
    logger.error({ err: error }, 'A part of the program cannot be loaded.');
  }
}

async function shutDown(application: Application, listening: Listening, logger: Logger): Promise<void> {
  const deadline = setTimeout(() => {
    logger.error({}, 'Not everything was closed in time; leaving. What was acknowledged is in the database.');
    process.exit(1);
  }, SHUTDOWN_MAX_MS);
  application.endStreams();
  const drained = listening.stop();
  await settledWithin(drained, DRAIN_MAX_MS);
  listening.cut();
  await application.close();
  clearTimeout(deadline);
  logger.info({}, 'Stopped.');
}

/** A program around `serve`: what stops the start is told in words, and in the exit code. */
export async function runServe(loadListener: LoadListener = nodeListener): Promise<void> {
  try {
    await serve(process.env, loadListener);
    process.exitCode = 0;
  } catch (thrown) {
    const error = toChlError(thrown);
    const words = error.code === 'INTERNAL' && thrown instanceof Error ? thrown.message : error.message;
    process.stderr.write(`chl: ${words}${error.hint === undefined ? '' : `\n${error.hint}`}\n`);
    process.exitCode = error.code === 'CONFIGURATION' ? CONFIGURATION_EXIT_CODE : 1;
  }
}
