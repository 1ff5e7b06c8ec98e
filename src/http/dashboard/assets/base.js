// @ts-check
/** What every address of the service begins with: empty, or `/ns/NAME` for a namespace. */
export const base = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');
