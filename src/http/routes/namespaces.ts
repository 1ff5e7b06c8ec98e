import { ChlError } from '../../core/errors.ts';
import {
  createNamespaceResponse,
  deleteNamespaceResponse,
  namespaceRequest,
  namespacesResponse,
} from '../../service/contract/namespaces.ts';
import type { NamespaceAdmin } from '../../service/namespaces/namespaces.ts';
import type { HttpOptions } from '../app.ts';
import { endpoint, ok, type Endpoint } from '../endpoint.ts';

/** Of the service itself, whose keys are bound to no namespace. */
export function namespaceEndpoints({ namespaces }: HttpOptions): readonly Endpoint[] {
  const admin = (): NamespaceAdmin => {
    if (namespaces !== null) return namespaces.admin;
    throw new ChlError('NOT_FOUND', 'There are no namespaces here.', {
      hint: 'The operator sets CHL_NAMESPACES=on; a namespace has none inside it.',
    });
  };
  return [
    endpoint({
      method: 'get',
      path: '/admin/namespaces',
      tag: 'namespaces',
      summary: 'The namespaces of this service',
      role: 'admin',
      answers: ok(namespacesResponse),
      handle: () => admin().list(),
    }),
    endpoint({
      method: 'post',
      path: '/admin/namespaces',
      tag: 'namespaces',
      summary: 'A new namespace, served under `/ns/{name}/`; no request to such an address makes one',
      role: 'admin',
      body: namespaceRequest,
      answers: ok(createNamespaceResponse),
      handle: ({ body, context }) => admin().create(body, context),
    }),
    endpoint({
      method: 'post',
      path: '/admin/namespaces/delete',
      tag: 'namespaces',
      summary: 'Deletes a namespace with everything in it, for good, once its running requests are answered',
      role: 'admin',
      body: namespaceRequest,
      answers: ok(deleteNamespaceResponse),
      handle: ({ body, context }) => admin().remove(body, context),
    }),
  ];
}
