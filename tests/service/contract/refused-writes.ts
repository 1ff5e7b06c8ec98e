import { readRequest } from '../../../src/service/contract/read.ts';
import { searchRequest } from '../../../src/service/contract/search.ts';
import {
  deleteRequest,
  importLine,
  updateRequest,
  writeRequest,
} from '../../../src/service/contract/write.ts';
import type { RefusedCase } from './refused-case.ts';

const experience = { section: 'useful', title: 'A title', playbook: 'Do this.' };
const skill = { name: 'a-skill', description: 'What it does', content: '# Steps' };
const write = (data: unknown, more: object = {}): unknown => ({
  entity_type: 'experience',
  category_code: 'API',
  data,
  ...more,
});
const writeSkill = (data: unknown): unknown => ({ entity_type: 'skill', category_code: 'API', data });
const update = (updates: unknown): unknown => ({ entity_type: 'experience', entry_id: 'EXP-1', updates });

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

export const REFUSED_WRITES: readonly RefusedCase[] = [
  ['no body', writeRequest, undefined, 'The request body is required.'],
  ['a list for a body', writeRequest, [], 'The request body must be an object.'],
  ['a number for a body', readRequest, 7, 'The request body must be an object.'],
  ['no entity type', writeRequest, {}, 'entity_type is required: "experience" or "skill".'],
  [
    'manual in a write',
    writeRequest,
    { entity_type: 'manual' },
    'entity_type must be "experience" or "skill": "manual" is now "skill".',
  ],
  [
    'manual in a read',
    readRequest,
    { entity_type: 'manual', category_code: 'API' },
    'entity_type must be "experience" or "skill": "manual" is now "skill".',
  ],
  [
    'manual in a delete',
    deleteRequest,
    { entity_type: 'manual', entry_id: 'x' },
    'entity_type must be "experience" or "skill": "manual" is now "skill".',
  ],
  [
    'manual in a search',
    searchRequest,
    { query: 'words', types: ['manual'] },
    'types[0] must be "experience" or "skill": "manual" is now "skill".',
  ],
  ['another entity type', writeRequest, { entity_type: 5 }, 'entity_type must be "experience" or "skill".'],
  ['data missing', writeRequest, { entity_type: 'experience', category_code: 'API' }, 'data is required.'],
  ['data as text', writeRequest, write('{}'), 'data must be an object.'],
  ['title missing', writeRequest, write({ section: 'useful', playbook: 'x' }), 'data.title is required.'],
  ['title of another type', writeRequest, write({ ...experience, title: 5 }), 'data.title must be a text.'],
  ['title null', writeRequest, write({ ...experience, title: null }), 'data.title must be a text.'],
  [
    'title blank',
    writeRequest,
    write({ ...experience, title: ' \n' }),
    'data.title must not be empty or blank.',
  ],
  [
    'title one over',
    writeRequest,
    write({ ...experience, title: 'x'.repeat(121) }),
    'data.title must be at most 120 characters.',
  ],
  [
    'title one emoji over',
    writeRequest,
    write({ ...experience, title: '🦊'.repeat(121) }),
    'data.title must be at most 120 characters.',
  ],
  [
    'playbook one over',
    writeRequest,
    write({ ...experience, playbook: 'x'.repeat(2001) }),
    'data.playbook must be at most 2000 characters.',
  ],
  [
    'NUL in a title',
    writeRequest,
    write({ ...experience, title: 'a\0b' }),
    'data.title must not contain NUL characters or unpaired surrogates.',
  ],
  [
    'lone surrogate',
    writeRequest,
    write({ ...experience, playbook: 'a\ud83d' }),
    'data.playbook must not contain NUL characters or unpaired surrogates.',
  ],
  [
    'section unknown',
    writeRequest,
    write({ ...experience, section: 'nice' }),
    'data.section must be one of "useful", "harmful", "contextual".',
  ],
  [
    'contextual without context',
    writeRequest,
    write({ ...experience, section: 'contextual' }),
    'data.context must be a non-empty object when section is "contextual".',
  ],
  [
    'contextual, empty context',
    writeRequest,
    write({ ...experience, section: 'contextual', context: {} }),
    'data.context must be a non-empty object when section is "contextual".',
  ],
  ['context a list', writeRequest, write({ ...experience, context: [1] }), 'data.context must be an object.'],
  [
    'context 10^5 deep',
    writeRequest,
    write({ ...experience, context: { a: nested(100_000) } }),
    'data.context must not be nested deeper than 32.',
  ],
  [
    'context of 10^5 values',
    writeRequest,
    write({ ...experience, context: { a: Array.from({ length: 100_000 }, () => 1) } }),
    'data.context must hold at most 10000 values.',
  ],
  [
    'NUL in a key of context',
    writeRequest,
    write({ ...experience, context: { 'a\0': 1 } }),
    'data.context must not contain NUL characters or unpaired surrogates.',
  ],
  [
    'tags one over',
    writeRequest,
    write({ ...experience, tags: Array.from({ length: 17 }, (_, i) => `t${i}`) }),
    'data.tags must be at most 16 items.',
  ],
  [
    'tag one over',
    writeRequest,
    write(experience, { tags: ['x'.repeat(65)] }),
    'tags[0] must be at most 64 characters.',
  ],
  [
    'ref one over',
    writeRequest,
    write(experience, { ref: 'x'.repeat(201) }),
    'ref must be at most 200 characters.',
  ],
  [
    'category lower case',
    writeRequest,
    write(experience, { category_code: 'api' }),
    'category_code must be upper-case letters, digits and underscores, starting with a letter.',
  ],
  [
    'category one over',
    writeRequest,
    write(experience, { category_code: 'A'.repeat(17) }),
    'category_code must be at most 16 characters.',
  ],
  [
    'skill name not kebab',
    writeRequest,
    writeSkill({ ...skill, name: 'A Skill' }),
    'data.name must be lowercase kebab-case, such as review-pull-request.',
  ],
  [
    'skill name one over',
    writeRequest,
    writeSkill({ ...skill, name: 'a'.repeat(65) }),
    'data.name must be at most 64 characters.',
  ],
  [
    'skill description one over',
    writeRequest,
    writeSkill({ ...skill, description: 'x'.repeat(1025) }),
    'data.description must be at most 1024 characters.',
  ],
  [
    'skill content empty',
    writeRequest,
    writeSkill({ ...skill, content: '' }),
    'data.content must not be empty or blank.',
  ],
  [
    'compatibility one over',
    writeRequest,
    writeSkill({ ...skill, compatibility: 'x'.repeat(501) }),
    'data.compatibility must be at most 500 characters.',
  ],
  [
    'metadata text that is no object',
    writeRequest,
    writeSkill({ ...skill, metadata: '[1]' }),
    'data.metadata must be an object.',
  ],
  [
    'metadata broken JSON',
    writeRequest,
    writeSkill({ ...skill, metadata: '{"a":' }),
    'data.metadata must be an object.',
  ],
  [
    'allowed_tools a number',
    writeRequest,
    writeSkill({ ...skill, allowed_tools: 4 }),
    'data.allowed_tools must be a text or a list of texts.',
  ],
  ['an experience as a skill', importLine, writeSkill(experience), 'data.name is required.'],
  ['updates empty', updateRequest, update({}), 'updates must name at least one field to change.'],
  [
    'updates of an unknown field',
    updateRequest,
    update({ id: 'x' }),
    'updates must not hold "id", which cannot be changed.',
  ],
  [
    'updates of a skill field',
    updateRequest,
    update({ content: 'x' }),
    'updates must not hold "content", which cannot be changed.',
  ],
  ['updates title null', updateRequest, update({ title: null }), 'updates.title must be a text.'],
  [
    'version 0',
    deleteRequest,
    { entity_type: 'skill', entry_id: 'x', expected_version: 0 },
    'expected_version must be at least 1.',
  ],
];
