import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { changesQuery } from '../../../src/service/contract/changes.ts';
import { readRequest, readResponse } from '../../../src/service/contract/read.ts';
import { searchRequest, searchResponse } from '../../../src/service/contract/search.ts';
import {
  importLine,
  updateRequest,
  writeRequest,
  writeResponse,
} from '../../../src/service/contract/write.ts';

const schemas = {
  changesQuery,
  readRequest,
  readResponse,
  searchRequest,
  searchResponse,
  importLine,
  updateRequest,
  writeRequest,
  writeResponse,
};

describe('JSON Schema of the contract, as OpenAPI and MCP publish it', () => {
  test.each(Object.entries(schemas))('%s can be described without leaving anything out', (_name, schema) => {
    expect(z.toJSONSchema(schema, { io: 'input' })).toHaveProperty('$schema');
  });

  test('tells limits, defaults and what must be an object', () => {
    expect(z.toJSONSchema(writeRequest, { io: 'input' })).toMatchObject({
      oneOf: [
        {
          required: ['entity_type', 'data', 'category_code'],
          properties: {
            data: {
              required: ['section', 'title', 'playbook'],
              properties: { title: { type: 'string', minLength: 1, maxLength: 120 } },
            },
          },
        },
        { properties: { data: { required: ['name', 'description', 'content'] } } },
      ],
    });
    expect(z.toJSONSchema(searchRequest, { io: 'input' })).toMatchObject({
      required: ['query'],
      properties: { limit: { description: 'Default: 10' } },
    });
  });
});
