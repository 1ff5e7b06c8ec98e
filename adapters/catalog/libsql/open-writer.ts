import { DiskReserve } from './disk-reserve.ts';
import { LocalWriter, type BindingWriter, type WriterFault } from './local-writer.ts';
import { ReservingWriter } from './reserving-writer.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import type { WriterThreadData } from './thread/protocol.ts';

/** The writer of a database file, on whatever thread this is called. @throws as `LocalWriter.open` */
export function openWriter(
  data: WriterThreadData,
  onFault: (fault: WriterFault) => void,
): Promise<BindingWriter> {
  const { reserveBytes, changesKept } = data;
  const options = {
    connect: () => new SqliteConnection({ ...data, readOnly: false }),
    onFault,
    ...(changesKept === null ? {} : { changesKept }),
  };
  if (reserveBytes === 0) return LocalWriter.open(options);
  const reserve = new DiskReserve({ path: `${data.path}.reserve`, bytes: reserveBytes });
  return ReservingWriter.open({ ...options, reserve });
}
