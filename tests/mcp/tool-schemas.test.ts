import { expect, test } from 'vitest';
import { TOOL_LISTINGS } from '../../src/mcp/tool-schemas.ts';
import { RESOURCE_TEMPLATES, RESOURCES } from '../../src/mcp/resources.ts';

test('every tool of the contract is listed, with object schemas both ways and its hints', () => {
  expect(TOOL_LISTINGS.map((tool) => tool.name)).toEqual([
    'list_categories',
    'read_entries',
    'search',
    'create_entry',
    'update_entry',
    'delete_entry',
    'check_duplicates',
    'get_guidelines',
    'index_status',
  ]);
  for (const tool of TOOL_LISTINGS) {
    expect(tool.inputSchema.type, tool.name).toBe('object');
    expect(tool.outputSchema?.type, tool.name).toBe('object');
    expect(tool.description?.length, tool.name).toBeGreaterThan(60);
    const reads = [
      'list_categories',
      'read_entries',
      'search',
      'check_duplicates',
      'get_guidelines',
      'index_status',
    ];
    expect(tool.annotations?.readOnlyHint, tool.name).toBe(reads.includes(tool.name));
  }
});

test('a model is told the arguments that the contract names', () => {
  const argumentsOf = (name: string): string[] =>
    Object.keys(TOOL_LISTINGS.find((tool) => tool.name === name)?.inputSchema.properties ?? {});
  expect(argumentsOf('read_entries')).toEqual(
    expect.arrayContaining(['entity_type', 'category_code', 'query', 'ids', 'limit', 'fields']),
  );
  expect(argumentsOf('create_entry')).toEqual(
    expect.arrayContaining(['entity_type', 'category_code', 'data', 'idempotency_key']),
  );
  expect(argumentsOf('update_entry')).toEqual(
    expect.arrayContaining([
      'entity_type',
      'category_code',
      'entry_id',
      'updates',
      'force_contextual',
      'expected_version',
    ]),
  );
  expect(argumentsOf('check_duplicates')).toEqual(
    expect.arrayContaining(['entity_type', 'category_code', 'title', 'content', 'limit', 'threshold']),
  );
});

test('the resources of the contract', () => {
  const uris = [...RESOURCES.map((one) => one.uri), ...RESOURCE_TEMPLATES.map((one) => one.uriTemplate)];
  expect(uris).toEqual(['chl://categories/index', 'chl://entry/{id}', 'chl://category/{code}/latest']);
});
