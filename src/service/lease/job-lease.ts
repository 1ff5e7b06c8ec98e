import { ChlError } from '../../core/errors.ts';
import type { LeaseTerm } from '../../core/ports/catalog.ts';

/** What a job knows of its lease. */
export interface JobLease {
  /** Absent where the database has one service only; null while another one does the job. */
  readonly term: LeaseTerm | null | undefined;
}

/** Of a service that owns its database by a lock of the operating system. */
export const SOLE_OWNER: JobLease = { term: undefined };

/**
 * For the operations that the job's results are stored by.
 * @throws CONFLICT while another service does the job
 */
export function underLease({ term }: JobLease): { readonly lease?: LeaseTerm } {
  if (term === null) throw new ChlError('CONFLICT', 'Another service has taken this over.');
  return term === undefined ? {} : { lease: term };
}
