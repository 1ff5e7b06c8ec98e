import type { ReadResourceResult, Resource, ResourceTemplate } from '@modelcontextprotocol/sdk/types.js';
import { ChlError } from '../core/errors.ts';
import { readRequest } from '../service/contract/read.ts';
import { parseRequest } from '../service/contract/errors.ts';
import type { RequestContext } from '../service/request-context.ts';
import type { Services } from '../service/services.ts';

const JSON_TYPE = 'application/json';
const LATEST_COUNT = 20;

export const RESOURCES: readonly Resource[] = [
  {
    uri: 'chl://categories/index',
    name: 'categories',
    title: 'Categories',
    description: 'Every category with its counts.',
    mimeType: JSON_TYPE,
  },
];

export const RESOURCE_TEMPLATES: readonly ResourceTemplate[] = [
  {
    uriTemplate: 'chl://entry/{id}',
    name: 'entry',
    title: 'One entry',
    description: 'A whole experience or skill by its id.',
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: 'chl://category/{code}/latest',
    name: 'category-latest',
    title: 'Latest of a category',
    description: `The ${LATEST_COUNT} newest experiences and skills of a category, as previews.`,
    mimeType: JSON_TYPE,
  },
];

const ENTRY = /^chl:\/\/entry\/([^/]+)$/;
const LATEST = /^chl:\/\/category\/([^/]+)\/latest$/;

/** @throws NOT_FOUND for a URI that names nothing, INVALID_ARGUMENT for one that cannot be read */
export async function readResource(
  services: Services,
  uri: string,
  context: RequestContext,
): Promise<ReadResourceResult> {
  return {
    contents: [
      { uri, mimeType: JSON_TYPE, text: JSON.stringify(await resourceContent(services, uri, context)) },
    ],
  };
}

async function resourceContent(services: Services, uri: string, context: RequestContext): Promise<unknown> {
  if (uri === 'chl://categories/index') return services.categories.list();
  const entry = ENTRY.exec(uri)?.[1];
  if (entry !== undefined) return services.entries.get(decoded(entry), context);
  const code = LATEST.exec(uri)?.[1];
  if (code === undefined) throw new ChlError('NOT_FOUND', 'There is no resource with this URI.');
  const latest = async (entityType: 'experience' | 'skill') => {
    const request = parseRequest(readRequest, {
      entity_type: entityType,
      category_code: decoded(code),
      limit: LATEST_COUNT,
    });
    return (await services.entries.read(request, context)).entries;
  };
  return { experiences: await latest('experience'), skills: await latest('skill') };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new ChlError('INVALID_ARGUMENT', 'uri must be percent-encoded correctly.', { cause });
  }
}
