/**
 * Ties a child's life to its parent's: the channel closes when the parent ends, however it ends, and
 * then there is nobody to work for. Signals to the whole process group (Ctrl-C, `systemctl stop`)
 * are the parent's business: it may want a last save from this process.
 */
export function leaveWithParent(): void {
  if (process.send === undefined) {
    throw new Error('This is a part of the service, not a program: it is started by `chl serve`.');
  }
  process.on('disconnect', () => process.exit(0));
  // It may have ended while this process was still being loaded; then the event has passed.
  if (!process.connected) process.exit(0);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
}
