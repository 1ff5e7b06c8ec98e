import { expect, test } from 'vitest';
import { parseJsonArguments } from '../../src/mcp/json-arguments.ts';

test('objects and lists sent as JSON text are read as what they are', () => {
  expect(
    parseJsonArguments({ data: '{"title":"t"}', ids: '["a"]', query: '["a"]' }, ['data', 'ids']),
  ).toEqual({
    data: { title: 't' },
    ids: ['a'],
    query: '["a"]',
  });
});

test('text that is no JSON stays text, for the schema to refuse with the name of the field', () => {
  expect(parseJsonArguments({ data: '{broken', tags: 'plain' }, ['data', 'tags'])).toEqual({
    data: '{broken',
    tags: 'plain',
  });
});
