import { EXPERIENCES, SKILLS } from './sample-entries.mjs';

/** @param {string} url a service without keys */
export async function plantEntries(url) {
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
