import type * as z from 'zod';
import type { RequestContext } from '../service/request-context.ts';
import type { Role } from '../service/roles.ts';

/**
 * One route as data: what it takes, who may call it, what it answers, and what it does. The same
 * description is served (`mount.ts`) and documented (`openapi.ts`), so the two cannot disagree.
 */
export interface Endpoint {
  readonly method: 'get' | 'post';
  /** As CHL documents it, `{id}` for parameters; served with and without the trailing slash. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  /** The least role that may call it; `public` needs no key. */
  readonly role: Role | 'public';
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Status to answer; the first is what a plain value is sent with. */
  readonly answers: Readonly<Record<number, Content>>;
  /** Bodies that are streamed rather than parsed. */
  readonly streams?: Content;
  readonly handle: (input: Input<unknown, unknown, unknown>) => Promise<unknown>;
}

export type Tag =
  | 'entries'
  | 'search'
  | 'categories'
  | 'sessions'
  | 'guidelines'
  | 'changes'
  | 'index'
  | 'service'
  | 'namespaces';

export interface Content {
  readonly description: string;
  readonly schema: z.ZodType;
  /** `application/json` unless it says otherwise. */
  readonly mediaType?: string;
}

export interface Input<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly context: RequestContext;
  /** For what streams. */
  readonly request: Request;
  readonly requestId: string;
}

/** An answer with a status of its own. A plain value is sent with the endpoint's first status. */
export class Answer<Body> {
  readonly status: number;
  readonly body: Body;

  constructor(status: number, body: Body) {
    this.status = status;
    this.body = body;
  }
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

interface Definition<Params, Query, Body, Answers extends Readonly<Record<number, Content>>> extends Omit<
  Endpoint,
  'params' | 'query' | 'body' | 'answers' | 'handle'
> {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answers: Answers;
  readonly handle: (
    input: Input<Parsed<Params>, Parsed<Query>, Parsed<Body>>,
  ) => Handled<BodyOf<Answers>> | Promise<Handled<BodyOf<Answers>>>;
}

type BodyOf<Answers extends Readonly<Record<number, Content>>> = z.output<
  Answers[keyof Answers & number]['schema']
>;
type Handled<Body> = Body | Answer<Body> | Response;

/** Types a route by its schemas: the handler gets what they parse to and must answer what they describe. */
export function endpoint<
  Answers extends Readonly<Record<number, Content>>,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(definition: Definition<Params, Query, Body, Answers>): Endpoint {
  return definition as unknown as Endpoint;
}

/** Answers of one status, the usual case. */
export const ok = <Schema extends z.ZodType>(schema: Schema, description = 'The answer') =>
  ({ 200: { schema, description } }) as const;
