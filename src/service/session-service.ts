import { ChlError } from '../core/errors.ts';
import type { CitedRequest, CitedResponse, SessionResponse } from './contract/session.ts';
import type { RequestContext } from './request-context.ts';
import type { SessionService } from './services.ts';
import type { SessionStore } from './session-store.ts';

export class Sessions implements SessionService {
  readonly #store: SessionStore;

  constructor(store: SessionStore) {
    this.#store = store;
  }

  get(context: RequestContext): SessionResponse {
    const sessionId = requiredSession(context);
    const viewed = this.#store.viewedIds(sessionId);
    const cited = this.#store.citedIds(sessionId);
    return {
      session_id: sessionId,
      viewed_ids: [...viewed],
      cited_ids: [...cited],
      viewed_count: viewed.length,
      cited_count: cited.length,
    };
  }

  cite({ entity_ids }: CitedRequest, context: RequestContext): CitedResponse {
    const sessionId = requiredSession(context);
    this.#store.markCited(sessionId, entity_ids);
    return { success: true, session_id: sessionId, cited_count: this.#store.citedIds(sessionId).length };
  }
}

function requiredSession({ sessionId }: RequestContext): string {
  if (sessionId !== null) return sessionId;
  throw new ChlError('INVALID_ARGUMENT', 'The X-CHL-Session header is required.', {
    hint: 'Send any id of your own choice, the same one for the whole session.',
  });
}
