import * as z from 'zod';
import { isNamespaceName, NAMESPACE_NAME_RULE } from '../namespaces/namespace-name.ts';
import { timestamp } from './text.ts';

export const namespaceName = z
  .string()
  .refine(isNamespaceName, { error: () => NAMESPACE_NAME_RULE })
  .meta({ description: NAMESPACE_NAME_RULE, examples: ['team-a'] });

const namespaceView = z.object({
  name: z.string(),
  created_at: timestamp,
  open: z.boolean().meta({ description: 'Whether it holds one of the places now' }),
});

export const namespacesResponse = z.object({
  namespaces: z.array(namespaceView),
  open: z.int(),
  max_open: z.int(),
});
export type NamespacesResponse = z.infer<typeof namespacesResponse>;

export const namespaceRequest = z.object({ name: namespaceName });
export type NamespaceRequest = z.infer<typeof namespaceRequest>;

export const createNamespaceResponse = z.object({
  success: z.literal(true),
  namespace: namespaceView,
  message: z.string(),
});
export type CreateNamespaceResponse = z.infer<typeof createNamespaceResponse>;

export const deleteNamespaceResponse = z.object({
  success: z.literal(true),
  name: z.string(),
  message: z.string(),
});
export type DeleteNamespaceResponse = z.infer<typeof deleteNamespaceResponse>;
