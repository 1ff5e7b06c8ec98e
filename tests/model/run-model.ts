import * as fc from 'fast-check';
import { test } from 'vitest';
import { SAVE_POLICIES, type IndexKindChoice } from '../../src/core/ports/index-host.ts';
import type { VectorBackend } from '../../src/core/ports/vector-backend.ts';
import { CollectionModel } from './collection.model.ts';
import { commands } from './commands.ts';

const TIME_MAX_MS = 90_000;

export interface RunOptions {
  readonly indexKind?: IndexKindChoice;
  /** Command lists per save policy, where a backend is slow to build. */
  readonly runs?: number;
  /** Vector mode must rank as the exact scan does; else only recall is asked for. */
  readonly isExact: boolean;
}

/**
 * The model test of one backend, under every save policy. `CHL_MODEL_SEED` repeats a run that failed,
 * `CHL_MODEL_RUNS` makes it longer.
 */
export function runModel(
  backend: VectorBackend,
  { isExact, indexKind = 'auto', runs = 20 }: RunOptions,
): void {
  const seed = Number(process.env.CHL_MODEL_SEED ?? Date.now() % 0x7fff_ffff);
  const numRuns = Number(process.env.CHL_MODEL_RUNS ?? runs);
  // First, so that it is known even when the process does not survive.
  process.stderr.write(`model test of ${backend.name} (${indexKind}): CHL_MODEL_SEED=${seed}\n`);
  test.each(SAVE_POLICIES)(
    `${backend.name} (${indexKind}) agrees with a Map and an exact scan (%s)`,
    async (savePolicy) => {
      const property = fc.asyncProperty(commands(80), (list) =>
        new CollectionModel({ backend, isExact, indexKind, savePolicy }).run(list),
      );
      // Making a failure smaller must not hide it behind the test's own end.
      const bounds = { interruptAfterTimeLimit: TIME_MAX_MS, markInterruptAsFailure: true };
      await fc.assert(property, { seed, numRuns, ...bounds });
    },
    TIME_MAX_MS + 30_000,
  );
}
