import * as z from 'zod';
import { categoriesResponse } from '../service/contract/categories.ts';
import { indexStatusResponse } from '../service/contract/admin.ts';
import {
  entityType,
  experienceData,
  experienceUpdates,
  skillData,
  skillUpdates,
} from '../service/contract/entities.ts';
import { guidelinesResponse, guideType } from '../service/contract/guidelines.ts';
import { readRequest, readResponse } from '../service/contract/read.ts';
import {
  duplicatesRequest,
  duplicatesResponse,
  searchRequest,
  searchResponse,
} from '../service/contract/search.ts';
import { CONTRACT_LIMITS } from '../service/contract/limits.ts';
import { categoryCode, entryId, text } from '../service/contract/text.ts';
import {
  deleteRequest,
  deleteResponse,
  updateRequest,
  updateResponse,
  writeRequest,
  writeResponse,
} from '../service/contract/write.ts';
import { parseRequest } from '../service/contract/errors.ts';
import type { RequestContext } from '../service/request-context.ts';
import type { Role } from '../service/roles.ts';
import type { Services } from '../service/services.ts';
import { toolAnswer, type ToolAnswer } from './answer.ts';
import { parseJsonArguments } from './json-arguments.ts';
import {
  describeCategories,
  describeDuplicates,
  describeEntries,
  describeIndex,
  describeResults,
  describeWritten,
} from './describe.ts';

export type ToolArguments = Readonly<Record<string, unknown>>;

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly role: Role;
  readonly readOnly: boolean;
  /** Repeating the call changes nothing more. */
  readonly idempotent: boolean;
  readonly destructive: boolean;
  /** What the model is shown; the service's own schema validates. Always an object at the root. */
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** The list in the answer that may be cut when it is too long. */
  readonly listField: string | null;
  /** @throws ChlError */
  run(services: Services, args: ToolArguments, context: RequestContext): Promise<ToolAnswer>;
}

const idempotencyKey = text({ max: CONTRACT_LIMITS.idempotencyKeyChars })
  .nullish()
  .describe('Your own unique id of this write: repeat a failed call with the same one and it happens once.');
/** Beside the arguments of REST, where a header holds it: what every tool that writes may be given. */
export const writeArguments = z.object({ idempotency_key: idempotencyKey });

const READ = { role: 'read', readOnly: true, idempotent: true, destructive: false } as const;
const WRITE = { role: 'write', readOnly: false } as const;

const truncated = z.object({ left_out: z.int(), hint: z.string() }).optional();

/** Refinements cannot be shown as JSON Schema, and a discriminated union has no object at its root. */
const writeInput = z.object({
  entity_type: entityType,
  category_code: categoryCode,
  data: z
    .union([experienceData, skillData])
    .describe('The fields of an experience or of a skill, by entity_type.'),
  tags: z.array(z.string()).optional().describe('Up to 16 free labels.'),
  ref: z.string().optional().describe('Unique id in the system it came from, if it has one.'),
  duplicates: z.enum(['check', 'skip']).optional(),
  idempotency_key: idempotencyKey,
});

const updateInput = z.object({
  entity_type: entityType,
  category_code: categoryCode.optional(),
  entry_id: entryId,
  updates: z.union([experienceUpdates, skillUpdates]).describe('Only the fields that change.'),
  force_contextual: z.boolean().optional().describe('Needed to turn an experience contextual.'),
  expected_version: z
    .int()
    .min(1)
    .optional()
    .describe('Refuse if somebody changed the entry since you read this version.'),
  idempotency_key: idempotencyKey,
});

export const TOOLS: readonly Tool[] = [
  {
    ...READ,
    name: 'list_categories',
    title: 'List categories',
    description:
      'All categories with their codes, what belongs in each, and how many entries they hold. Call it first when you do not know which category_code fits.',
    input: z.object({}),
    output: categoriesResponse,
    listField: null,
    run: async (services) => {
      const answer = await services.categories.list();
      return toolAnswer(answer, describeCategories);
    },
  },
  {
    ...READ,
    name: 'read_entries',
    title: 'Read entries',
    description:
      'Entries of one type: ranked by a query, by ids, or the newest of a category. Give the category first when you know it: the search is sharper and faster. You get previews; ask for bodies with fields (["playbook","context"] for experiences, ["content"] for skills) only for the few ids you will use.',
    input: readRequest,
    output: readResponse.extend({ truncated }),
    listField: 'entries',
    run: async (services, args, context) => {
      const request = parseRequest(readRequest, {
        limit: 20,
        ...parseJsonArguments(args, ['ids', 'fields']),
      });
      const answer = await services.entries.read(request, context);
      return toolAnswer(answer, describeEntries);
    },
  },
  {
    ...READ,
    name: 'search',
    title: 'Search everything',
    description:
      'Search experiences and skills of every category at once, by meaning and by words. Use it at the start of a task, with the task in your own words. Results are snippets with a score of 0 to 1; read the ones that fit with read_entries and ids.',
    input: searchRequest,
    output: searchResponse.extend({ truncated }),
    listField: 'results',
    run: async (services, args, context) => {
      const request = parseRequest(
        searchRequest,
        parseJsonArguments(args, ['types', 'filters', 'tags', 'fields']),
      );
      const answer = await services.search.search(request, context);
      return toolAnswer(answer, describeResults);
    },
  },
  {
    ...WRITE,
    name: 'create_entry',
    title: 'Create an entry',
    description:
      'Store one experience (a tip that worked, or one to avoid) or one skill (a whole procedure) for every agent. First list_categories and check_duplicates. One idea to an experience: a title that says when it helps, a playbook that says what to do and why. The entry is found by every client as soon as this returns. An answer with recommendation "review_first" names near duplicates: look at them, and prefer update_entry.',
    idempotent: false,
    destructive: false,
    input: writeInput,
    output: writeResponse,
    listField: null,
    run: async (services, args, context) => {
      const request = parseRequest(writeRequest, parseJsonArguments(args, ['data', 'tags']));
      const answer = await services.entries.write(request, context);
      return toolAnswer(answer, describeWritten);
    },
  },
  {
    ...WRITE,
    name: 'update_entry',
    title: 'Update an entry',
    description:
      'Change some fields of an entry; the rest stays. Use it to correct or sharpen what is there instead of adding a near duplicate. Send expected_version with the version you read, so that you do not overwrite what another agent just wrote. Old versions are kept in the history.',
    idempotent: true,
    destructive: true,
    input: updateInput,
    output: updateResponse,
    listField: null,
    run: async (services, args, context) => {
      const request = parseRequest(updateRequest, parseJsonArguments(args, ['updates']));
      const answer = await services.entries.update(request, context);
      return toolAnswer(answer, describeWritten);
    },
  },
  {
    ...WRITE,
    name: 'delete_entry',
    title: 'Delete an entry',
    description:
      'Remove an entry that is wrong or obsolete, for every client at once. It is never found again. When a tip is only incomplete, update it; when it is harmful, consider section "harmful" instead, so that others are warned.',
    idempotent: true,
    destructive: true,
    input: deleteRequest.extend({ idempotency_key: idempotencyKey }),
    output: deleteResponse,
    listField: null,
    run: async (services, args, context) => {
      const answer = await services.entries.remove(parseRequest(deleteRequest, args), context);
      return toolAnswer(answer, () => `Deleted ${answer.entry_id}.`);
    },
  },
  {
    ...READ,
    name: 'check_duplicates',
    title: 'Check for duplicates',
    description:
      'Entries that already say what you are about to write. Call it before create_entry. From 0.85 on read the candidate and update it instead; from 0.50 on it is worth a look.',
    input: duplicatesRequest,
    output: duplicatesResponse,
    listField: null,
    run: async (services, args, context) => {
      const answer = await services.search.duplicates(parseRequest(duplicatesRequest, args), context);
      return toolAnswer(answer, describeDuplicates);
    },
  },
  {
    ...READ,
    name: 'get_guidelines',
    title: 'Get guidelines',
    description:
      'How to write entries that help (generator), or how to judge and curate them (evaluator). Read the generator guide once before your first create_entry.',
    input: z.object({ guide_type: guideType }),
    output: guidelinesResponse,
    listField: null,
    run: async (services, args) => {
      const { guide_type: type } = parseRequest(z.object({ guide_type: guideType }), args);
      const answer = services.guidelines.get(type);
      return toolAnswer(answer, () => answer.skill.content);
    },
  },
  {
    ...READ,
    name: 'index_status',
    title: 'Index status',
    description:
      'The state of the shared index: how many vectors, the share of tombstones, whether searches are degraded. For diagnosis; you need it only when answers say degraded.',
    input: z.object({}),
    output: indexStatusResponse,
    listField: null,
    run: async (services) => {
      return toolAnswer(await services.index.status(), describeIndex);
    },
  },
];
