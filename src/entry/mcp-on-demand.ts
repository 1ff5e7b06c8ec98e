import type { McpEndpoint } from '../http/mcp-route.ts';
import type { McpDependencies } from '../mcp/server.ts';

/**
 * MCP's SDK and its schemas are 120 modules, a fifth of the time that all of the program's take to load.
 * No other answer needs them: they are loaded with the first call, or before it, once others were given.
 */
export const loadMcp = () => import('../mcp/handler.ts');

export function mcpOnDemand(dependencies: Omit<McpDependencies, 'inFlight'>): McpEndpoint {
  let handler: Promise<McpEndpoint> | null = null;
  return async (request, body, peer) => {
    handler ??= loadMcp().then(({ createMcpHandler }) => createMcpHandler(dependencies));
    return (await handler)(request, body, peer);
  };
}
