import { rm } from 'node:fs/promises';
import colors from 'picocolors';
import { requireDatabaseFile } from '../../../adapters/catalog/libsql/database-url.ts';
import { repairDatabase } from '../../../adapters/catalog/libsql/integrity/repair-database.ts';
import {
  unreadable,
  verifyDatabase,
  type DatabaseVerdict,
} from '../../../adapters/catalog/libsql/integrity/verify-database.ts';
import { SqliteConnection } from '../../../adapters/catalog/libsql/sqlite-connection.ts';
import { NodeFiles } from '../../../adapters/files/node/node-files.ts';
import type { CheckResult } from '../../core/check-result.ts';
import { verifySnapshots } from '../../core/snapshot/verify-snapshot.ts';
import { loadConfig, type Config } from '../config.ts';
import { databasePath, newestIndexFolder } from '../data-folder.ts';
import { EXIT, type ExitCode } from './command-error.ts';
import type { Environment } from './connect.ts';
import { offline } from './offline.ts';
import { rebuildOffline } from './rebuild-command.ts';
import type { Terminal } from './terminal.ts';

export interface VerifyOptions {
  readonly repair: boolean;
  readonly json: boolean;
}

interface Verdict {
  readonly database: DatabaseVerdict;
  readonly snapshots: readonly CheckResult[];
}

const BUSY_TIMEOUT_MS = 5_000;

/** Everything in the data folder, compared with itself. Exit code 1 when something is wrong, and still is. */
export async function verifyCommand(
  environment: Environment,
  { repair, json }: VerifyOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const say = (text: string): void => (json ? undefined : terminal.print(text));
  let verdict = await offline(environment, 'existing', verify);
  say(`Data folder ${loadConfig(environment).dataDir}`);
  showChecks(verdict, say);
  let repairs: readonly string[] = [];
  if (repair && problemCount(verdict) > 0) {
    repairs = await repairAll(environment, verdict);
    for (const done of repairs) say(done);
    if (repairs.length > 0) {
      say('Checking again.');
      verdict = await offline(environment, 'existing', verify);
      showChecks(verdict, say);
    }
  }
  const problems = problemCount(verdict);
  if (json) terminal.print(JSON.stringify({ ok: problems === 0, checks: checksOf(verdict), repairs }));
  else if (problems === 0) say('Everything is as it should be.');
  else terminal.note(conclusion(problems, repair));
  return problems === 0 ? EXIT.ok : EXIT.failure;
}

async function verify(config: Config): Promise<Verdict> {
  let connection: SqliteConnection;
  try {
    connection = openDatabase(config);
  } catch (error) {
    return { database: unreadable(error), snapshots: [] };
  }
  try {
    const database = await verifyDatabase(connection);
    return { database, snapshots: await verifyFolder(config, database) };
  } finally {
    connection.close();
  }
}

async function verifyFolder(config: Config, { content }: DatabaseVerdict): Promise<readonly CheckResult[]> {
  // Without a vector there is nothing that a snapshot could be asked for.
  if (content === null || content.fingerprint === null || content.dimension === null) return [];
  const { identity, fingerprint, dimension, horizon, vectorIds } = content;
  return verifySnapshots({
    files: await NodeFiles.open(newestIndexFolder(config)),
    owner: { ...identity, fingerprint, dimension },
    horizon,
    liveIds: vectorIds,
    nonceOf: (seq) => content.nonceOf(seq),
  });
}

/** What is derived is made anew; the rest is for a backup to bring back. */
async function repairAll(environment: Environment, verdict: Verdict): Promise<readonly string[]> {
  if (verdict.database.content === null) return [];
  const done: string[] = [];
  const snapshotIsBad = verdict.snapshots.some(({ problems }) => problems.length > 0);
  await offline(environment, 'existing', async (config) => {
    const connection = openDatabase(config);
    try {
      done.push(...(await repairDatabase(connection, verdict.database, Date.now())));
    } finally {
      connection.close();
    }
    if (!snapshotIsBad) return;
    await rm(newestIndexFolder(config), { recursive: true, force: true });
    done.push('Dropped the snapshots of the index.');
  });
  if (snapshotIsBad) done.push(await rebuildOffline(environment));
  return done;
}

function openDatabase(config: Config): SqliteConnection {
  const path = databasePath(config);
  requireDatabaseFile(path);
  return new SqliteConnection({ path, busyTimeoutMs: BUSY_TIMEOUT_MS, readOnly: false });
}

const checksOf = ({ database, snapshots }: Verdict): readonly CheckResult[] => [
  ...database.checks,
  ...snapshots,
];

const problemCount = (verdict: Verdict): number =>
  checksOf(verdict).reduce((count, { problems }) => count + problems.length, 0);

function showChecks(verdict: Verdict, say: (text: string) => void): void {
  for (const { check, detail, problems } of checksOf(verdict)) {
    const word = problems.length === 0 ? colors.green('ok     ') : colors.red('problem');
    say(`${word}  ${check}${detail === '' ? '' : ` (${detail})`}`);
    for (const problem of problems) say(`           ${problem}`);
  }
}

const conclusion = (problems: number, repaired: boolean): string =>
  repaired
    ? `${problems} problems are left that cannot be repaired here; restore a backup with "chl restore FILE".`
    : `${problems} problems; "chl verify --repair" makes anew what is derived from the entries.`;
