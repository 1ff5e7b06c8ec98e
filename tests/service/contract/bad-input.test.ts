import { describe, expect, test } from 'vitest';
import { ChlError } from '../../../src/core/errors.ts';
import { parseRequest } from '../../../src/service/contract/errors.ts';
import { readRequest } from '../../../src/service/contract/read.ts';
import { searchRequest } from '../../../src/service/contract/search.ts';
import { writeRequest } from '../../../src/service/contract/write.ts';
import { REFUSED_READS } from './refused-reads.ts';
import { REFUSED_WRITES } from './refused-writes.ts';

const experience = { section: 'useful', title: 'A title', playbook: 'Do this.' };
const skill = { name: 'a-skill', description: 'What it does', content: '# Steps' };
const write = (data: unknown, more: object = {}): unknown => ({
  entity_type: 'experience',
  category_code: 'API',
  data,
  ...more,
});
const writeSkill = (data: unknown): unknown => ({ entity_type: 'skill', category_code: 'API', data });
const read = (more: object): unknown => ({ entity_type: 'experience', category_code: 'API', ...more });

describe('bad input is refused with one sentence that names the field', () => {
  test.each([...REFUSED_WRITES, ...REFUSED_READS])('%s', (_what, schema, input, message) => {
    const refused = thrownBy(() => parseRequest(schema, input));
    expect(refused).toBeInstanceOf(ChlError);
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', message, retryable: false });
  });

  test('further problems are in the hint, so one answer is enough to fix them all', () => {
    const refused = thrownBy(() => parseRequest(writeRequest, write({ section: 'useful' })));
    expect(refused).toMatchObject({
      message: 'data.title is required.',
      hint: 'Also: data.playbook is required.',
    });
  });
});

describe('good input', () => {
  test('limits are code points: 120 emoji are a title', () => {
    const title = '🦊'.repeat(120);
    expect(parseRequest(writeRequest, write({ ...experience, title })).data).toMatchObject({ title });
  });

  test('null means not given, as CHL clients send it, and unknown fields are ignored', () => {
    const parsed = parseRequest(
      readRequest,
      read({ query: null, ids: null, limit: null, fields: null, colour: 'red' }),
    );
    expect(parsed).toMatchObject({ limit: 100, snippet_len: 320 });
    expect(parsed).not.toHaveProperty('colour');
  });

  test('search operators and quotes are words', () => {
    const query = '"a AND (b OR NOT c*) NEAR/5 title:x --';
    expect(parseRequest(searchRequest, { query })).toMatchObject({
      query,
      limit: 10,
      offset: 0,
      downrank_viewed: true,
    });
  });

  test('metadata as JSON text becomes the object', () => {
    const parsed = parseRequest(
      writeRequest,
      writeSkill({ ...skill, metadata: '{"a": [1]}', allowed_tools: ['Bash'] }),
    );
    expect(parsed.data).toMatchObject({ metadata: { a: [1] }, allowed_tools: ['Bash'] });
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
