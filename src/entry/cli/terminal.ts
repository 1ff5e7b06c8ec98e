import cliProgress from 'cli-progress';

/** Answers go to stdout, everything said about them to stderr, so that output can be piped. */
export interface Terminal {
  print(text: string): void;
  note(text: string): void;
  /** Writes with back-pressure: for output that may be larger than memory. */
  write(text: string): Promise<void>;
  /** A bar while stderr is a terminal; nothing otherwise. */
  progress(total: number, unit: string): Progress;
}

export interface Progress {
  update(done: number): void;
  stop(): void;
}

const BAR_FORMAT = '{bar} {percentage}% | {value}/{total} {unit} | {eta_formatted} left';

export const processTerminal: Terminal = {
  print: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),

  write: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    }),

  progress(total, unit) {
    if (!process.stderr.isTTY || total === 0) return { update: () => undefined, stop: () => undefined };
    const bar = new cliProgress.SingleBar(
      { stream: process.stderr, format: BAR_FORMAT, clearOnComplete: true },
      cliProgress.Presets.shades_classic,
    );
    bar.start(total, 0, { unit });
    return { update: (done) => bar.update(done), stop: () => bar.stop() };
  },
};

/** `name  value` lines with the values in one column. */
export function definitionList(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log(bytes) / Math.log(1024)), units.length);
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}
