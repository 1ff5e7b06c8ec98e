/** What undoes one operation of a group. */
export const SAVEPOINT = {
  set: 'SAVEPOINT operation',
  release: 'RELEASE operation',
  rollBack: 'ROLLBACK TO operation',
} as const;
