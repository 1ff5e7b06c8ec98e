import { CommandError, EXIT } from './command-error.ts';

/**
 * Values of options as they were typed. cac turns what looks like a number into one, so the key
 * `00123` or `1e5` would arrive as another; it checks names and prints the help, this reads the values.
 */
export class CommandLine {
  readonly #arguments: readonly string[];

  /** @param args without the program and its file */
  constructor(args: readonly string[]) {
    const end = args.indexOf('--');
    this.#arguments = end === -1 ? args : args.slice(0, end);
  }

  /** The last one given, or null. */
  text(name: string): string | null {
    const option = `--${name}`;
    const at = this.#arguments.findLastIndex(
      (argument) => argument === option || argument.startsWith(`${option}=`),
    );
    if (at === -1) return null;
    const argument = this.#arguments[at]!;
    return argument === option ? (this.#arguments[at + 1] ?? null) : argument.slice(option.length + 1);
  }

  flag(name: string): boolean {
    return this.#arguments.includes(`--${name}`);
  }

  integer(name: string, fallback: number, range: { readonly min: number; readonly max: number }): number {
    const text = this.text(name);
    if (text === null) return fallback;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= range.min && value <= range.max) return value;
    throw new CommandError(EXIT.usage, `--${name} must be a whole number from ${range.min} to ${range.max}.`);
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[]): Choice | null {
    const text = this.text(name);
    if (text === null) return null;
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined) return choice;
    throw new CommandError(EXIT.usage, `--${name} must be one of ${choices.join(', ')}.`);
  }
}
