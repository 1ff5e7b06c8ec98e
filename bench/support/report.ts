import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../tests/support/build.ts';
import { describeMachine, machineLine, type Machine } from './machine.ts';
import { shown, shownSpread, type Spread } from './statistics.ts';

/** Where every bench leaves its figures, for `bench:report`. */
export const ARTIFACTS = join(repositoryRoot, 'artifacts', 'bench');

export type Cell = string | number | Spread | null;
export type Row = Readonly<Record<string, Cell>>;

export interface BenchReport {
  readonly bench: string;
  readonly machine: Machine;
  readonly seed: number;
  /** What was measured, on what data, for how long. */
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly rows: readonly Row[];
  /** Sentences that a reader needs beside the table. */
  readonly notes: readonly string[];
}

/** One bench from its start, which notes the machine, to its table and its JSON. */
export class Reporter {
  readonly #machine = describeMachine();
  readonly #rows: Row[] = [];
  readonly #notes: string[] = [];
  readonly #head: Pick<BenchReport, 'bench' | 'seed' | 'parameters'>;

  constructor(head: Pick<BenchReport, 'bench' | 'seed' | 'parameters'>) {
    this.#head = head;
    process.stdout.write(`${head.bench}: ${machineLine(this.#machine)}; seed ${head.seed}\n`);
    const told = Object.entries(head.parameters).map(([name, value]) => `${name} ${value}`);
    process.stdout.write(`${told.join(', ')}\n`);
  }

  /** Progress, not part of the result. */
  say(line: string): void {
    process.stderr.write(`  ${line}\n`);
  }

  add(row: Row): void {
    this.#rows.push(row);
    this.say(
      Object.entries(row)
        .map(([name, cell]) => `${name} ${cellText(cell)}`)
        .join('  '),
    );
  }

  note(sentence: string): void {
    this.#notes.push(sentence);
  }

  finish(): BenchReport {
    const report: BenchReport = {
      ...this.#head,
      machine: this.#machine,
      rows: this.#rows,
      notes: this.#notes,
    };
    mkdirSync(ARTIFACTS, { recursive: true });
    const file = join(ARTIFACTS, `${report.bench}.json`);
    writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
    process.stdout.write(`\n${textTable(report.rows)}\n`);
    for (const note of report.notes) process.stdout.write(`${note}\n`);
    return report;
  }
}

export function cellText(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return '–';
  if (typeof cell === 'string') return cell;
  return typeof cell === 'number' ? shown(cell) : shownSpread(cell);
}

/** The columns of all rows, in the order in which they first come. */
export const columnsOf = (rows: readonly Row[]): readonly string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];

function textTable(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const lines = [columns, ...rows.map((row) => columns.map((column) => cellText(row[column])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines
    .map((line) =>
      line
        .map((text, at) => text.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
