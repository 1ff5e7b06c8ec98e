import type { SqlSession } from '../sql-session.ts';

/** One step of the schema. Runs inside the transaction that also records it. */
export interface Migration {
  /** 1, 2, … without gaps. A published migration never changes; a new one follows it. */
  readonly version: number;
  readonly name: string;
  up(session: SqlSession, context: MigrationContext): Promise<void>;
}

export interface MigrationContext {
  readonly nowMs: number;
}
