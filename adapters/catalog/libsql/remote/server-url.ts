/** Whether a database is a server's. Apart from what speaks to one, which a start with a file never loads. */
export const isRemote = (url: string): boolean => /^(https?|libsql):/.test(url);

/**
 * Another database of the same server, by path: `fetch` lets nobody choose the Host header, by which
 * sqld would tell them apart otherwise. Hrana 2 with JSON is what it speaks there (sqld 0.24).
 */
export const databaseOfServer = (url: string, place: string): string =>
  `${url.replace(/\/+$/, '')}/dev/${place}/`;
