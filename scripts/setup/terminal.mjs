/** One line about what set-up is doing, on stderr: stdout belongs to the program that follows. */
export function say(message) {
  process.stderr.write(`chl: ${message}\n`);
}

/** Set-up cannot go on; the message says what to do. */
export class SetupError extends Error {}
