import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { ChlError } from '../../../src/core/errors.ts';
import { createCategoryRequest } from '../../../src/service/contract/categories.ts';
import { changesQuery } from '../../../src/service/contract/changes.ts';
import { parseRequest } from '../../../src/service/contract/errors.ts';
import { readRequest } from '../../../src/service/contract/read.ts';
import { duplicatesRequest, searchRequest } from '../../../src/service/contract/search.ts';
import { deleteRequest, importLine, updateRequest, writeRequest } from '../../../src/service/contract/write.ts';

const experience = { section: 'useful', title: 'A title', playbook: 'Do this.' };
const skill = { name: 'a-skill', description: 'What it does', content: '# Steps' };
const write = (data: unknown, more: object = {}): unknown => ({ entity_type: 'experience', category_code: 'API', data, ...more });
const writeSkill = (data: unknown): unknown => ({ entity_type: 'skill', category_code: 'API', data });
const update = (updates: unknown): unknown => ({ entity_type: 'experience', entry_id: 'EXP-1', updates });
const search = (more: object): unknown => ({ query: 'words', ...more });
const read = (more: object): unknown => ({ entity_type: 'experience', category_code: 'API', ...more });

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

type Case = readonly [what: string, schema: z.ZodType, input: unknown, message: string];

const REFUSED: readonly Case[] = [
  ['no body', writeRequest, undefined, 'The request body is required.'],
  ['a list for a body', writeRequest, [], 'The request body must be an object.'],
  ['a number for a body', readRequest, 7, 'The request body must be an object.'],
  ['no entity type', writeRequest, {}, 'entity_type is required: "experience" or "skill".'],
  ['manual in a write', writeRequest, { entity_type: 'manual' }, 'entity_type must be "experience" or "skill": "manual" is now "skill".'],
  ['manual in a read', readRequest, { entity_type: 'manual', category_code: 'API' }, 'entity_type must be "experience" or "skill": "manual" is now "skill".'],
  ['manual in a delete', deleteRequest, { entity_type: 'manual', entry_id: 'x' }, 'entity_type must be "experience" or "skill": "manual" is now "skill".'],
  ['manual in a search', searchRequest, search({ types: ['manual'] }), 'types[0] must be "experience" or "skill": "manual" is now "skill".'],
  ['another entity type', writeRequest, { entity_type: 5 }, 'entity_type must be "experience" or "skill".'],
  ['data missing', writeRequest, { entity_type: 'experience', category_code: 'API' }, 'data is required.'],
  ['data as text', writeRequest, write('{}'), 'data must be an object.'],
  ['title missing', writeRequest, write({ section: 'useful', playbook: 'x' }), 'data.title is required.'],
  ['title of another type', writeRequest, write({ ...experience, title: 5 }), 'data.title must be a text.'],
  ['title null', writeRequest, write({ ...experience, title: null }), 'data.title must be a text.'],
  ['title blank', writeRequest, write({ ...experience, title: ' \n' }), 'data.title must not be empty or blank.'],
  ['title one over', writeRequest, write({ ...experience, title: 'x'.repeat(121) }), 'data.title must be at most 120 characters.'],
  ['title one emoji over', writeRequest, write({ ...experience, title: '🦊'.repeat(121) }), 'data.title must be at most 120 characters.'],
  ['playbook one over', writeRequest, write({ ...experience, playbook: 'x'.repeat(2001) }), 'data.playbook must be at most 2000 characters.'],
  ['NUL in a title', writeRequest, write({ ...experience, title: 'a\0b' }), 'data.title must not contain NUL characters or unpaired surrogates.'],
  ['lone surrogate', writeRequest, write({ ...experience, playbook: 'a\ud83d' }), 'data.playbook must not contain NUL characters or unpaired surrogates.'],
  ['section unknown', writeRequest, write({ ...experience, section: 'nice' }), 'data.section must be one of "useful", "harmful", "contextual".'],
  ['contextual without context', writeRequest, write({ ...experience, section: 'contextual' }), 'data.context must be a non-empty object when section is "contextual".'],
  ['contextual, empty context', writeRequest, write({ ...experience, section: 'contextual', context: {} }), 'data.context must be a non-empty object when section is "contextual".'],
  ['context a list', writeRequest, write({ ...experience, context: [1] }), 'data.context must be an object.'],
  ['context 10^5 deep', writeRequest, write({ ...experience, context: { a: nested(100_000) } }), 'data.context must not be nested deeper than 32.'],
  ['context of 10^5 values', writeRequest, write({ ...experience, context: { a: Array.from({ length: 100_000 }, () => 1) } }), 'data.context must hold at most 10000 values.'],
  ['NUL in a key of context', writeRequest, write({ ...experience, context: { 'a\0': 1 } }), 'data.context must not contain NUL characters or unpaired surrogates.'],
  ['tags one over', writeRequest, write({ ...experience, tags: Array.from({ length: 17 }, (_, i) => `t${i}`) }), 'data.tags must be at most 16 items.'],
  ['tag one over', writeRequest, write(experience, { tags: ['x'.repeat(65)] }), 'tags[0] must be at most 64 characters.'],
  ['ref one over', writeRequest, write(experience, { ref: 'x'.repeat(201) }), 'ref must be at most 200 characters.'],
  ['category lower case', writeRequest, write(experience, { category_code: 'api' }), 'category_code must be upper-case letters, digits and underscores, starting with a letter.'],
  ['category one over', writeRequest, write(experience, { category_code: 'A'.repeat(17) }), 'category_code must be at most 16 characters.'],
  ['skill name not kebab', writeRequest, writeSkill({ ...skill, name: 'A Skill' }), 'data.name must be lowercase kebab-case, such as review-pull-request.'],
  ['skill name one over', writeRequest, writeSkill({ ...skill, name: 'a'.repeat(65) }), 'data.name must be at most 64 characters.'],
  ['skill description one over', writeRequest, writeSkill({ ...skill, description: 'x'.repeat(1025) }), 'data.description must be at most 1024 characters.'],
  ['skill content empty', writeRequest, writeSkill({ ...skill, content: '' }), 'data.content must not be empty or blank.'],
  ['compatibility one over', writeRequest, writeSkill({ ...skill, compatibility: 'x'.repeat(501) }), 'data.compatibility must be at most 500 characters.'],
  ['metadata text that is no object', writeRequest, writeSkill({ ...skill, metadata: '[1]' }), 'data.metadata must be an object.'],
  ['metadata broken JSON', writeRequest, writeSkill({ ...skill, metadata: '{"a":' }), 'data.metadata must be an object.'],
  ['allowed_tools a number', writeRequest, writeSkill({ ...skill, allowed_tools: 4 }), 'data.allowed_tools must be a text or a list of texts.'],
  ['an experience as a skill', importLine, writeSkill(experience), 'data.name is required.'],
  ['updates empty', updateRequest, update({}), 'updates must name at least one field to change.'],
  ['updates of an unknown field', updateRequest, update({ id: 'x' }), 'updates must not hold "id", which cannot be changed.'],
  ['updates of a skill field', updateRequest, update({ content: 'x' }), 'updates must not hold "content", which cannot be changed.'],
  ['updates title null', updateRequest, update({ title: null }), 'updates.title must be a text.'],
  ['version 0', deleteRequest, { entity_type: 'skill', entry_id: 'x', expected_version: 0 }, 'expected_version must be at least 1.'],
  ['query missing', searchRequest, {}, 'query is required.'],
  ['query blank', searchRequest, { query: '  ' }, 'query must not be empty or blank.'],
  ['query with NUL', searchRequest, { query: 'a\0' }, 'query must not contain NUL characters or unpaired surrogates.'],
  ['query one over', readRequest, read({ query: 'x'.repeat(4001) }), 'query must be at most 4000 characters.'],
  ['k = 0', searchRequest, search({ limit: 0 }), 'limit must be at least 1.'],
  ['k = -1', readRequest, read({ limit: -1 }), 'limit must be at least 1.'],
  ['k = 10^9', searchRequest, search({ limit: 1e9 }), 'limit must be at most 25.'],
  ['k = 26', searchRequest, search({ limit: 26 }), 'limit must be at most 25.'],
  ['k = 2.5', searchRequest, search({ limit: 2.5 }), 'limit must be a whole number.'],
  ['k as text', readRequest, read({ limit: '5' }), 'limit must be a number.'],
  ['offset 10^5', searchRequest, search({ offset: 100_000 }), 'offset must be at most 975.'],
  ['min_score 1.1', searchRequest, search({ min_score: 1.1 }), 'min_score must be at most 1.'],
  ['snippet 79', readRequest, read({ snippet_len: 79 }), 'snippet_len must be at least 80.'],
  ['snippet 641', readRequest, read({ snippet_len: 641 }), 'snippet_len must be at most 640.'],
  ['mode unknown', searchRequest, search({ mode: 'fuzzy' }), 'mode must be one of "hybrid", "vector", "text".'],
  ['date unknown', searchRequest, search({ created_from: 'yesterday' }), 'created_from must be an ISO 8601 date or date-time with an offset.'],
  ['neither query, ids nor category', readRequest, { entity_type: 'skill' }, 'The request body must hold one of query, ids or category_code.'],
  ['ids of another type', readRequest, { entity_type: 'skill', ids: [5] }, 'ids[0] must be a text.'],
  ['threshold -1', duplicatesRequest, { entity_type: 'skill', title: 'a', content: 'b', threshold: -1 }, 'threshold must be at least 0.'],
  ['category code with a space', createCategoryRequest, { code: 'A B', name: 'x', description: 'y' }, 'code must be upper-case letters, digits and underscores, starting with a letter.'],
  ['since as words', changesQuery, { since: 'all' }, 'since must be a whole number from 0 to 9007199254740991.'],
  ['limit of changes 0', changesQuery, { limit: '0' }, 'limit must be a whole number from 1 to 1000.'],
];

describe('bad input is refused with one sentence that names the field', () => {
  test.each(REFUSED)('%s', (_what, schema, input, message) => {
    const refused = thrownBy(() => parseRequest(schema, input));
    expect(refused).toBeInstanceOf(ChlError);
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', message, retryable: false });
  });

  test('further problems are in the hint, so one answer is enough to fix them all', () => {
    const refused = thrownBy(() => parseRequest(writeRequest, write({ section: 'useful' })));
    expect(refused).toMatchObject({ message: 'data.title is required.', hint: 'Also: data.playbook is required.' });
  });
});

describe('good input', () => {
  test('limits are code points: 120 emoji are a title', () => {
    const title = '🦊'.repeat(120);
    expect(parseRequest(writeRequest, write({ ...experience, title })).data).toMatchObject({ title });
  });

  test('null means not given, as CHL clients send it, and unknown fields are ignored', () => {
    const parsed = parseRequest(readRequest, read({ query: null, ids: null, limit: null, fields: null, colour: 'red' }));
    expect(parsed).toMatchObject({ limit: 100, snippet_len: 320 });
    expect(parsed).not.toHaveProperty('colour');
  });

  test('search operators and quotes are words', () => {
    const query = '"a AND (b OR NOT c*) NEAR/5 title:x --';
    expect(parseRequest(searchRequest, { query })).toMatchObject({ query, limit: 10, offset: 0, downrank_viewed: true });
  });

  test('metadata as JSON text becomes the object', () => {
    const parsed = parseRequest(writeRequest, writeSkill({ ...skill, metadata: '{"a": [1]}', allowed_tools: ['Bash'] }));
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
