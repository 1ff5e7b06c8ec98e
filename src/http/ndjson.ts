export const NDJSON = 'application/x-ndjson';

/** Streams values, one JSON text a line, as fast as they are read. */
export function ndjsonResponse(values: AsyncIterable<unknown>): Response {
  return new Response(
    streamOf(values, (value) => `${JSON.stringify(value)}\n`),
    {
      headers: { 'Content-Type': NDJSON },
    },
  );
}

/** A byte stream that pulls: nothing is produced that nobody reads, and a reader that leaves ends the source. */
export function streamOf<T>(
  values: AsyncIterable<T>,
  format: (value: T) => string,
): ReadableStream<Uint8Array> {
  const iterator = values[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(encoder.encode(format(next.value)));
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
}
