// @ts-check
import { send } from './api.js';

/**
 * Server-sent events over fetch: an EventSource cannot send a key.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * @param {string} path
 * @param {{signal: AbortSignal, onOpen: () => void, onEvent: (name: string, data: unknown) => void}} options
 * @returns {Promise<void>} when the stream ends
 * @throws ApiError
 */
export async function readEvents(path, { signal, onOpen, onEvent }) {
  const response = await send(path, { headers: { Accept: 'text/event-stream' }, signal });
  if (response.body === null) return;
  onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (pending + value).split('\n\n');
    pending = blocks.pop() ?? '';
    for (const block of blocks) dispatch(block, onEvent);
  }
}

/**
 * @param {string} block
 * @param {(name: string, data: unknown) => void} onEvent
 */
function dispatch(block, onEvent) {
  let name = 'message';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice('event: '.length);
    if (line.startsWith('data: ')) data += line.slice('data: '.length);
  }
  if (data !== '') onEvent(name, /** @type {unknown} */ (JSON.parse(data)));
}
