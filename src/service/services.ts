import type { CatalogBackup } from '../core/ports/catalog-maintenance.ts';
import type {
  CompactResponse,
  IndexStatusResponse,
  QueueActionResponse,
  QueueStatusResponse,
  RebuildResponse,
  ReembedRequest,
  ReembedResponse,
  RebuildStartedResponse,
  SaveResponse,
} from './contract/admin.ts';
import type {
  CategoriesResponse,
  CreateCategoryRequest,
  CreateCategoryResponse,
} from './contract/categories.ts';
import type { ChangesQuery, ChangesResponse } from './contract/changes.ts';
import type { GuidelinesResponse, GuideType } from './contract/guidelines.ts';
import type { HealthResponse, ReadyResponse } from './contract/health.ts';
import type {
  EntryResponse,
  ExportResponse,
  HistoryResponse,
  ReadRequest,
  ReadResponse,
} from './contract/read.ts';
import type {
  DuplicatesRequest,
  DuplicatesResponse,
  SearchHealthResponse,
  SearchRequest,
  SearchResponse,
} from './contract/search.ts';
import type { CitedRequest, CitedResponse, SessionResponse } from './contract/session.ts';
import type {
  DeleteRequest,
  DeleteResponse,
  ExportLine,
  ImportResultLine,
  UpdateRequest,
  UpdateResponse,
  WriteRequest,
  WriteResponse,
} from './contract/write.ts';
import type { ServiceFigures } from './figures-service.ts';
import type { RequestContext } from './request-context.ts';

/**
 * The use cases, for every transport alike. Requests are outputs of the contract's schemas
 * (`parseRequest`); every failure is a ChlError; answers are ready to be sent as JSON.
 */
export interface Services {
  readonly entries: EntryService;
  readonly transfer: TransferService;
  readonly search: SearchService;
  readonly categories: CategoryService;
  readonly sessions: SessionService;
  readonly guidelines: GuidelineService;
  readonly changes: ChangeService;
  readonly index: IndexAdminService;
  readonly maintenance: MaintenanceService;
  readonly queue: QueueService;
  readonly reembed: ReembedService;
  readonly health: HealthService;
  readonly figures: FiguresService;
  /** Begins what goes on in the background: embedding what waits. */
  start(): Promise<void>;
  /** The index has what any service committed before this call, unless the database cannot be asked. */
  caughtUp(): Promise<void>;
  /** Where other services write the same database: how long ago all they had committed was in the index, in ms. */
  stalenessMs(): number | null;
  /** Finishes the writes it has taken, then ends. The ports are closed by whoever opened them. */
  close(): Promise<void>;
}

export interface EntryService {
  read(request: ReadRequest, context: RequestContext): Promise<ReadResponse>;
  /** @throws NOT_FOUND */
  get(entryId: string, context: RequestContext): Promise<EntryResponse>;
  /** Also of a deleted entry. @throws NOT_FOUND when the id never existed */
  history(entryId: string): Promise<HistoryResponse>;
  /** @throws NOT_FOUND no such category, CONFLICT ref, name or idempotency key, RATE_LIMITED, OUTCOME_UNKNOWN, STORAGE_FULL */
  write(request: WriteRequest, context: RequestContext): Promise<WriteResponse>;
  /** @throws NOT_FOUND, VERSION_MISMATCH, and as `write` */
  update(request: UpdateRequest, context: RequestContext): Promise<UpdateResponse>;
  /** @throws NOT_FOUND, VERSION_MISMATCH, and as `write` */
  remove(request: DeleteRequest, context: RequestContext): Promise<DeleteResponse>;
}

export interface TransferService {
  exportAll(): Promise<ExportResponse>;
  /** Every entry in the order of creation, in constant memory. */
  exportPages(): AsyncGenerator<readonly ExportLine[]>;
  /** One result for each line that is not blank, in the order of the lines. An invalid line does not stop the rest. */
  importLines(
    lines: AsyncIterable<string>,
    context: RequestContext,
  ): AsyncGenerator<readonly ImportResultLine[]>;
}

export interface SearchService {
  search(request: SearchRequest, context: RequestContext): Promise<SearchResponse>;
  duplicates(request: DuplicatesRequest, context: RequestContext): Promise<DuplicatesResponse>;
  health(): Promise<SearchHealthResponse>;
}

export interface CategoryService {
  list(): Promise<CategoriesResponse>;
  /** @throws CONFLICT when the code exists */
  create(request: CreateCategoryRequest, context: RequestContext): Promise<CreateCategoryResponse>;
}

export interface SessionService {
  /** @throws INVALID_ARGUMENT without a session header */
  get(context: RequestContext): SessionResponse;
  cite(request: CitedRequest, context: RequestContext): CitedResponse;
}

export interface GuidelineService {
  get(type: GuideType): GuidelinesResponse;
}

export interface ChangeService {
  /** @throws GONE below the retention horizon */
  page(query: ChangesQuery): Promise<ChangesResponse>;
  /** Resolves when a change after `since` may exist, or when `signal` aborts. Nothing is lost between page and wait. */
  next(since: number, signal: AbortSignal): Promise<void>;
}

export interface IndexAdminService {
  status(): Promise<IndexStatusResponse>;
  /** Waits for the rebuild. @throws UNAVAILABLE when there is no index */
  rebuild(context: RequestContext): Promise<RebuildResponse>;
  /** Starts it, or joins the one that runs; how it ends is in the log and the index status. */
  startRebuild(context: RequestContext): Promise<RebuildStartedResponse>;
  save(context: RequestContext): Promise<SaveResponse>;
}

/** Of the database; the index has its own. */
export interface MaintenanceService {
  /** @throws STORAGE_FULL, UNAVAILABLE, CORRUPT when the copy is not whole */
  backup(context: RequestContext): Promise<CatalogBackup>;
  /** Writes wait meanwhile. @throws STORAGE_FULL, UNAVAILABLE */
  compact(context: RequestContext): Promise<CompactResponse>;
}

/** Of entries that wait for their vector. */
export interface QueueService {
  status(): Promise<QueueStatusResponse>;
  /** Stays over a restart. */
  pause(context: RequestContext): Promise<QueueActionResponse>;
  resume(context: RequestContext): Promise<QueueActionResponse>;
  /** Tries everything now, and waits until it is done or the embedder is away. @throws CONFLICT while paused */
  drain(context: RequestContext): Promise<QueueActionResponse>;
  retryFailed(context: RequestContext): Promise<QueueActionResponse>;
}

export interface ReembedService {
  readonly isRunning: boolean;
  status(): Promise<ReembedResponse>;
  /** Starts it, or joins the one that runs. @throws CONFIGURATION, UNAVAILABLE when the embedder cannot be opened */
  start(request: ReembedRequest, context: RequestContext): Promise<ReembedResponse>;
}

/** For monitoring. */
export interface FiguresService {
  collect(): Promise<ServiceFigures>;
}

export interface HealthService {
  check(): Promise<HealthResponse>;
  /** Ready as soon as the database answers: searches go on by text while vectors load. */
  ready(): Promise<ReadyResponse>;
}
