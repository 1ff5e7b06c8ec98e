/** Made-up entries, in the order of their writing: [category, section, title, playbook, tags]. */
const EXPERIENCES = [
  [
    'API',
    'useful',
    'Retry uploads with the same Idempotency-Key',
    'Keep the key of the first attempt.\n1. On 503 wait for Retry-After.\n2. Send the same body with the same key.\n3. A stored answer comes back instead of a second upload.',
    ['retry', 'http'],
  ],
  [
    'API',
    'harmful',
    'Do not retry a POST without an idempotency key',
    'A timeout says nothing about whether the order was taken. Without a key the second attempt may book twice.',
    ['retry', 'http'],
  ],
  [
    'API',
    'useful',
    'Page by the last id, not by an offset',
    'An offset skips or repeats rows when others are inserted meanwhile. Ask for what comes after the last id instead.',
    ['paging'],
  ],
  [
    'API',
    'contextual',
    'Answer 202 for work that takes longer than a request',
    'Give back a job to look at, and let the client poll it with growing pauses.',
    ['jobs', 'http'],
  ],
  [
    'DBM',
    'useful',
    'Number changes with a sequence, not with a clock',
    'Two machines disagree about the time; one writer never disagrees with itself. Order by the sequence and keep the time for people.',
    ['ordering'],
  ],
  [
    'DBM',
    'harmful',
    'Never reuse an id after a delete',
    'An index that has not heard of the delete yet will answer with the old row for the new id.',
    ['ids'],
  ],
  [
    'DSD',
    'useful',
    'Write the history in the same transaction',
    'A row and its history that are committed apart will differ after the first crash between them.',
    ['history', 'crash'],
  ],
  [
    'DSD',
    'contextual',
    'A partial index for the rows that wait',
    'Where only a few rows of a large table are pending, index those alone: the index stays small and the queue fast.',
    ['queue', 'sqlite'],
  ],
  [
    'SRE',
    'useful',
    'Shed load before the queue is full',
    'Answer 429 with Retry-After while there is still memory to say so. A queue without a bound only moves the failure.',
    ['overload', 'http'],
  ],
  [
    'SRE',
    'useful',
    'Back off with jitter after a 503',
    'Clients that wait for the same second come back in the same second. Add up to half of the pause at random.',
    ['retry', 'overload'],
  ],
  [
    'SRE',
    'harmful',
    'Do not restart in a loop without a pause',
    'A process that dies at start will take the machine with it. Double the pause after each early death.',
    ['restart'],
  ],
  [
    'OBS',
    'useful',
    'One log line per request, with its id',
    'Give the id back to the client too. A report from a user then leads to the line in one search.',
    ['logging'],
  ],
  [
    'OBS',
    'contextual',
    'Histograms where percentiles are asked for',
    'Averages hide the slow tenth. Choose the buckets around what you promised.',
    ['metrics'],
  ],
  [
    'TST',
    'useful',
    'Poll for a condition with a deadline',
    'A sleep is either too short on a busy machine or too long everywhere else. Ask again until it is so, and give up loudly.',
    ['flaky'],
  ],
  [
    'TST',
    'harmful',
    'Do not assert on durations',
    'A build machine shares its cores. Assert what happened and count it; leave the clock to the benchmarks.',
    ['flaky'],
  ],
  [
    'TST',
    'useful',
    'Print the seed before a random test runs',
    'A failure that cannot be repeated is only a rumour.',
    ['random'],
  ],
  [
    'EET',
    'useful',
    'Stop only the processes you have started',
    'Keep the pid of each server a test starts and end exactly that one, also when the test fails.',
    ['processes'],
  ],
  [
    'PPT',
    'useful',
    'Find elements by role and name',
    'A test that clicks “Save” by its role breaks when the button stops being one, which is what you want to know.',
    ['accessibility'],
  ],
  [
    'ACC',
    'useful',
    'Give focus back when a dialog closes',
    'Remember what opened it. Someone who works by keyboard is otherwise at the top of the page again.',
    ['dialog', 'keyboard'],
  ],
  [
    'ACC',
    'harmful',
    'Do not say it with colour alone',
    'Put a word beside the dot. One reader in twelve does not see the difference between the red and the green.',
    ['colour'],
  ],
  [
    'FTH',
    'useful',
    'Label every field, even the obvious one',
    'A placeholder is gone with the first letter; a label stays for everyone.',
    ['forms'],
  ],
  [
    'WPF',
    'useful',
    'Cancel the request that nobody waits for',
    'Search as you type sends many questions. Abort the one before, or an old answer overwrites a newer one.',
    ['search'],
  ],
  [
    'SEC',
    'harmful',
    'Never put a key into an address',
    'Addresses end up in logs, in histories and in referrers. Send it in a header.',
    ['keys', 'http'],
  ],
  [
    'SEC',
    'useful',
    'Compare secrets in constant time',
    'Hash both sides first; then compare every byte, whatever the first one says.',
    ['keys'],
  ],
  [
    'DEP',
    'useful',
    'Refuse a database newer than the program',
    'After a rollback the old program must not write into tables it does not know. Say so and leave it untouched.',
    ['migration', 'rollback'],
  ],
  [
    'DEP',
    'contextual',
    'Drain before the container is stopped',
    'Stop taking connections, finish what was taken, then close the files; all within the grace period.',
    ['shutdown'],
  ],
  [
    'BEA',
    'useful',
    'Group the commits of many writers',
    'One fsync for forty writes costs what one costs for one. Let each writer fail on its own with a savepoint.',
    ['fsync', 'throughput'],
  ],
  [
    'BEA',
    'harmful',
    'Do not hold a lock while you wait for the network',
    'Whoever you wait for may be waiting for you. Take what you need first, then the lock.',
    ['locks'],
  ],
  ['CRV', 'useful', 'Ask for the failing test first', 'A fix without it may fix something else.', ['review']],
  [
    'PRQ',
    'useful',
    'Say in the first line why, not what',
    'The diff already says what. The reason is what nobody can look up next year.',
    ['review'],
  ],
  [
    'DOC',
    'useful',
    'Begin a runbook with how you know it is over',
    'Whoever reads it at night wants the end first: which light turns green, which number falls.',
    ['runbook'],
  ],
  [
    'PRM',
    'contextual',
    'Give an agent the command that proves success',
    'With a check it can run itself it corrects its own mistakes; without one it reports them as done.',
    ['agents'],
  ],
  [
    'LLM',
    'useful',
    'Bound what a tool may answer',
    'A model drowns in a long answer. Send previews and let it ask for the body of the few that matter.',
    ['tools', 'agents'],
  ],
  [
    'AEV',
    'useful',
    'Keep the judge away from the answer key’s style',
    'Shuffle candidates and hide who wrote them, or the judge learns to prefer its own voice.',
    ['evaluation'],
  ],
];

/** [category, name, description, content, tags] */
const SKILLS = [
  [
    'SRE',
    'recover-a-full-disk',
    'Frees a data disk that is full without losing what was acknowledged. Use it when writes answer 507.',
    '# Recover a full disk\n\n1. Stop the importers, keep the service running: reads go on.\n2. Delete old log files, not the write-ahead log.\n3. Check that writes answer 200 again before you start the importers.\n4. Set an alert at 80 %.',
    ['disk', 'runbook'],
  ],
  [
    'PRQ',
    'split-a-large-pull-request',
    'Divides one large change into steps that can be reviewed and reverted one by one.',
    '# Split a large pull request\n\nMove before you change. First commit: files move, nothing else. Then the change, smallest part first.',
    ['review'],
  ],
  [
    'TST',
    'hunt-a-flaky-test',
    'Finds out why a test fails one time in twenty, and makes it fail every time.',
    '# Hunt a flaky test\n\n- Run it alone, a hundred times.\n- Run it beside a busy loop on every core.\n- Print every wait and what it waited for.',
    ['flaky'],
  ],
  [
    'DEP',
    'roll-back-a-release',
    'Takes a bad release back within five minutes, database included.',
    '# Roll back a release\n\nCheck first whether the release has migrated the database. If it has, restore into a new folder and compare.',
    ['rollback'],
  ],
];

/** @param {string} url a service without keys */
export async function plantSampleData(url) {
  const ids = [];
  for (const [category_code, section, title, playbook, tags] of EXPERIENCES) {
    const context = section === 'contextual' ? { context: { when: 'more than one machine' } } : {};
    const data = { section, title, playbook, tags, ...context };
    ids.push(await write(url, { entity_type: 'experience', category_code, data }));
  }
  for (const [category_code, name, description, content, tags] of SKILLS) {
    await write(url, { entity_type: 'skill', category_code, data: { name, description, content, tags } });
  }
  const [first] = ids;
  for (const updates of [
    {
      playbook:
        'Keep the key of the first attempt.\n1. On 503 wait as long as Retry-After says, plus a little at random.\n2. Send the same body with the same key.\n3. A stored answer comes back instead of a second upload.',
    },
    { title: 'Retry an upload with the same Idempotency-Key', tags: ['retry', 'http', 'uploads'] },
  ]) {
    await post(url, '/api/v1/entries/update', { entity_type: 'experience', entry_id: first, updates });
  }
  for (const id of [ids[9], ids[20], ids[27]]) {
    await post(url, '/api/v1/entries/delete', { entity_type: 'experience', entry_id: id });
  }
  await post(url, '/admin/index/save', {});
  return first;
}

const write = async (url, body) =>
  (await post(url, '/api/v1/entries/write', { duplicates: 'skip', ...body })).entry_id;

async function post(url, path, body) {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${answer.detail}`);
  return answer;
}
