// @ts-check
/** @import {IndexStatusResponse, QueueStatusResponse, RebuildStartedResponse, SaveResponse} from '../../../service/contract/admin.ts' */
/** @import {CategoriesResponse} from '../../../service/contract/categories.ts' */
/** @import {ChangesResponse} from '../../../service/contract/changes.ts' */
/** @import {HealthResponse} from '../../../service/contract/health.ts' */
/** @import {EntryResponse, HistoryResponse, ReadResponse} from '../../../service/contract/read.ts' */
/** @import {DuplicatesResponse, SearchHealthResponse, SearchResponse} from '../../../service/contract/search.ts' */
/** @import {DeleteResponse, UpdateResponse, WriteResponse} from '../../../service/contract/write.ts' */
/** @import {Caller} from '../dashboard-routes.tsx' */
import { api } from './api.js';

/**
 * What the dashboard asks of the API, typed by the contract's own schemas. Every one of these throws
 * an ApiError in the API's words.
 *
 * @typedef {Readonly<Record<string, unknown>>} Body
 */

/** Who the key of this tab belongs to. */
export const whoAmI = async () => /** @type {Caller} */ (await api('/ui/caller'));

/** @param {Body} body @param {AbortSignal} signal */
export const search = async (body, signal) =>
  /** @type {SearchResponse} */ (await api('/api/v1/search/', { body, signal }));

/** @param {Body} body @param {AbortSignal} signal */
export const findDuplicates = async (body, signal) =>
  /** @type {DuplicatesResponse} */ (await api('/api/v1/search/duplicates', { body, signal }));

export const searchHealth = async () =>
  /** @type {SearchHealthResponse} */ (await api('/api/v1/search/health'));

export const listCategories = async () =>
  /** @type {CategoriesResponse} */ (await api('/api/v1/categories/')).categories;

/** Experiences, then skills. @param {Body} body without `entity_type` @param {AbortSignal} [signal] */
export async function readEntriesOfBothTypes(body, signal) {
  const answers = await Promise.all(
    ['experience', 'skill'].map(
      async (type) =>
        /** @type {ReadResponse} */ (
          await api('/api/v1/entries/read', { body: { entity_type: type, ...body }, signal })
        ),
    ),
  );
  return answers.flatMap(({ entries }) => entries);
}

/** @param {string} id */
export const readEntry = async (id) => /** @type {EntryResponse} */ (await api(entryAddress(id))).entry;

/** @param {string} id */
export const readHistory = async (id) =>
  /** @type {HistoryResponse} */ (await api(`${entryAddress(id)}/history`)).history;

/** @param {Body} body @param {string} idempotencyKey */
export const createEntry = async (body, idempotencyKey) =>
  /** @type {WriteResponse} */ (await api('/api/v1/entries/write', write(body, idempotencyKey)));

/** @param {Body} body @param {string} idempotencyKey */
export const updateEntry = async (body, idempotencyKey) =>
  /** @type {UpdateResponse} */ (await api('/api/v1/entries/update', write(body, idempotencyKey)));

/** @param {Body} body @param {string} idempotencyKey */
export const deleteEntry = async (body, idempotencyKey) =>
  /** @type {DeleteResponse} */ (await api('/api/v1/entries/delete', write(body, idempotencyKey)));

/** @param {number} since @param {AbortSignal} signal */
export const changesSince = async (since, signal) =>
  /** @type {ChangesResponse} */ (await api(`/api/v1/changes?since=${since}&limit=1000`, { signal })).changes;

/** @param {AbortSignal} [signal] */
export const indexStatus = async (signal) =>
  /** @type {IndexStatusResponse} */ (await api('/admin/index/status', { signal }));

export const queueStatus = async () => /** @type {QueueStatusResponse} */ (await api('/admin/queue/status'));

/** An unhealthy service answers 503 with the same report. */
export const health = async () => /** @type {HealthResponse} */ (await api('/health', { alsoStatus: 503 }));

export const saveIndex = async () =>
  /** @type {SaveResponse} */ (await api('/admin/index/save', { method: 'POST' }));

export const startRebuild = async () =>
  /** @type {RebuildStartedResponse} */ (await api('/admin/index/rebuild?wait=false', { method: 'POST' }));

/** @param {string} id */
const entryAddress = (id) => `/api/v1/entries/${encodeURIComponent(id)}`;

/** @param {Body} body @param {string} idempotencyKey */
const write = (body, idempotencyKey) => ({ body, headers: { 'Idempotency-Key': idempotencyKey } });
