export const NDJSON = 'application/x-ndjson';

/** Streams values, one JSON text a line, as fast as they are read. Those of a group are one chunk. */
export function ndjsonResponse(groups: AsyncIterable<readonly unknown[]>): Response {
  return new Response(
    streamOf(groups, (group) => group.map((value) => `${JSON.stringify(value)}\n`).join('')),
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
