/** What always holds between the tables, each with a query for the rows that break it. */
export interface RowCheck {
  readonly check: string;
  /** Selects `problem`. */
  readonly sql: string;
}

export const ROW_CHECKS: readonly RowCheck[] = [
  {
    check: 'changes are numbered without a gap, and the counter is not behind them',
    sql: `SELECT 'the change after ' || seq || ' is ' || following AS problem
          FROM (SELECT seq, lead(seq) OVER (ORDER BY seq) AS following FROM changes)
          WHERE following <> seq + 1
          UNION ALL
          SELECT 'the counter of changes is at ' || s.seq || ', and the newest change is ' || m.newest
          FROM (SELECT max(seq) AS newest FROM changes) m, sqlite_sequence s
          WHERE s.name = 'changes' AND (s.seq < m.newest OR (m.newest IS NULL AND s.seq > 0))`,
  },
  {
    // Of an entry whose changes retention has dropped, nothing can be said.
    check: 'every entry names its newest change, and no change is newer than a deletion',
    sql: `SELECT 'entry ' || coalesce(e.id, c.entry_id) || ' is of change ' || coalesce(e.seq, 'none')
            || ', and its newest is ' || c.newest || ' (' || c.op || ')' AS problem
          FROM (SELECT entry_key, entry_id, op, max(seq) AS newest FROM changes GROUP BY entry_key) c
          LEFT JOIN entries e ON e.entry_key = c.entry_key
          WHERE (c.op = 'delete') <> (e.id IS NULL) OR e.seq <> c.newest`,
  },
  {
    check: 'every entry has its history up to its version',
    sql: `SELECT 'entry ' || e.id || ' is at version ' || e.version || ', its history at '
            || coalesce(h.version, 'none') AS problem
          FROM entries e
          LEFT JOIN (SELECT entry_id, max(version) AS version FROM entry_history GROUP BY entry_id) h
            ON h.entry_id = e.id
          WHERE h.version IS NOT e.version`,
  },
  {
    check: 'every entry has exactly one row in the full-text index',
    sql: `SELECT 'entry ' || e.id || ' is not in the full-text index' AS problem
          FROM entries e LEFT JOIN entries_fts_docsize d ON d.id = e.entry_key WHERE d.id IS NULL
          UNION ALL
          SELECT 'the full-text index has row ' || d.id || ' of no entry'
          FROM entries_fts_docsize d LEFT JOIN entries e ON e.entry_key = d.id WHERE e.id IS NULL`,
  },
  {
    check: 'every embedded entry has the vector it names',
    sql: `SELECT 'entry ' || e.id || ' is ' || e.embedding_status || ' and names vector '
            || coalesce(e.vector_id, 'none') || '; stored is ' || coalesce(m.vector_id, 'none') AS problem
          FROM entries e LEFT JOIN embeddings m ON m.entry_key = e.entry_key
          WHERE m.vector_id IS NOT e.vector_id OR (e.embedding_status = 'embedded') <> (m.vector_id IS NOT NULL)`,
  },
  {
    check: 'every vector is named by the change that made it',
    sql: `SELECT 'vector ' || m.vector_id || ' was not made by change ' || m.vector_id AS problem
          FROM embeddings m LEFT JOIN changes c ON c.seq = m.vector_id
          WHERE m.vector_id >= (SELECT min(seq) FROM changes)
            AND (c.vector_id IS NOT m.vector_id OR c.entry_key <> m.entry_key)
          UNION ALL
          SELECT 'vector ' || vector_id || ' is newer than the newest change'
          FROM embeddings WHERE vector_id > (SELECT seq FROM sqlite_sequence WHERE name = 'changes')`,
  },
  {
    check: 'exactly the entries without a vector wait for one',
    sql: `SELECT 'entry ' || e.id || ' is ' || e.embedding_status
            || iif(q.entry_key IS NULL, ' and does not wait for a vector', ' and waits for a vector') AS problem
          FROM entries e LEFT JOIN embedding_queue q ON q.entry_key = e.entry_key
          WHERE (e.embedding_status = 'embedded') <> (q.entry_key IS NULL)`,
  },
  {
    check: 'tags are the same in both places',
    sql: `SELECT 'entry ' || id || ' is listed under other tags than it has' AS problem FROM entries e
          WHERE (SELECT group_concat(tag, char(0)) FROM (SELECT tag FROM entry_tags t WHERE t.entry_key = e.entry_key ORDER BY tag))
            IS NOT (SELECT group_concat(value, char(0)) FROM (SELECT DISTINCT value FROM json_each(e.tags) ORDER BY value))`,
  },
];
