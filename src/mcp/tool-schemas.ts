import type { Tool as ToolListing } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { errorBody } from '../service/contract/errors.ts';
import { TOOLS, type Tool } from './tools.ts';

/** Computed once: the listing is the same for every client. */
export const TOOL_LISTINGS: readonly ToolListing[] = TOOLS.map((tool) => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: rootObject(z.toJSONSchema(tool.input, { io: 'input', unrepresentable: 'any' })),
  outputSchema: outputOrError(tool),
  annotations: {
    title: tool.title,
    readOnlyHint: tool.readOnly,
    destructiveHint: tool.destructive,
    idempotentHint: tool.idempotent,
    openWorldHint: false,
  },
}));

type ObjectSchema = ToolListing['inputSchema'];

function rootObject(schema: object): ObjectSchema {
  const { $schema: _dialect, ...rest } = schema as Record<string, unknown>;
  return { ...rest, type: 'object' };
}

/**
 * Failures carry the error body as structured content too, so the listing allows either. A client that
 * checks structured content then accepts both; `isError` says which one it is.
 */
function outputOrError(tool: Tool): ObjectSchema {
  const success = rootObject(z.toJSONSchema(tool.output, { io: 'output', unrepresentable: 'any' }));
  const failure = rootObject(z.toJSONSchema(errorBody, { io: 'output', unrepresentable: 'any' }));
  const { required, additionalProperties: _closed, properties, ...rest } = success;
  return {
    ...rest,
    type: 'object',
    properties: { ...failure.properties, ...properties },
    anyOf: [{ required: required ?? [] }, { required: failure.required ?? [] }],
  };
}
