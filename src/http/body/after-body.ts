/** Made of one text: nothing of the service is needed any more to send it. */
const IS_WHOLE = /^(application\/json|text\/html|text\/plain)\b/;

/**
 * Calls `done` when the answer has been sent or its reader has gone; at once where it is whole.
 * @returns what is to be sent instead
 */
export function afterBody(response: Response, done: () => void): Response {
  // The type first: to look at the body turns a text into a stream.
  if (IS_WHOLE.test(response.headers.get('Content-Type') ?? '') || response.body === null) {
    done();
    return response;
  }
  return watched(response, response.body, done);
}

/** The same answer; `done` is called once, when its body ends, breaks or is given up. */
export function watched(response: Response, body: ReadableStream<Uint8Array>, done: () => void): Response {
  const reader = body.getReader();
  let ended = false;
  const end = (): void => {
    if (!ended) done();
    ended = true;
  };
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done: isLast, value } = await reader.read();
        if (!isLast) return controller.enqueue(value);
        end();
        controller.close();
      } catch (error) {
        end();
        controller.error(error);
      }
    },
    cancel(reason) {
      end();
      return reader.cancel(reason);
    },
  });
  return new Response(stream, response);
}
