/**
 * Draws what the benches left in `artifacts/bench` into `docs/performance.md`: a table and a plot for
 * each, between the page's marks. What has not been measured is left out; the words around the marks
 * stay as they were written.
 *
 *     npm run bench:report
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../tests/support/build.ts';
import { barChart, type Bar } from './support/bar-chart.ts';
import { machineLine } from './support/machine.ts';
import { ARTIFACTS, cellText, columnsOf, type BenchReport, type Cell } from './support/report.ts';
import type { Spread } from './support/statistics.ts';

/** What is drawn of each bench, and which columns name a bar. */
const PLOTS: Readonly<Record<string, { readonly value: string; readonly names: readonly string[] }>> = {
  engine: { value: 'ms/query', names: ['backend', 'kind', 'segments', 'tombstones', 'filter', 'in flight'] },
  segments: { value: 'CPU ms/query', names: ['writes since', 'in flight'] },
  http: { value: 'requests/s', names: ['request', 'connections'] },
  writes: { value: 'writes/s', names: ['policy', 'duplicate check', 'connections', 'seconds'] },
  restart: { value: 'vectors s', names: ['entries', 'ended by'] },
  stall: { value: 'p99 ms', names: ['during'] },
  overhead: { value: 'shared / bare', names: ['kind', 'in flight'] },
  readers: { value: 'p50 ratio', names: ['connections'] },
  soak: { value: 'resident MiB', names: ['after min'] },
  stress: { value: 'requests/s', names: ['users'] },
};

const PAGE = join(repositoryRoot, 'docs', 'performance.md');
const PLOT_FOLDER = join(repositoryRoot, 'docs', 'plots');
const START = '<!-- figures: written by bench:report -->';
const END = '<!-- end of figures -->';

mkdirSync(PLOT_FOLDER, { recursive: true });
const sections = Object.keys(PLOTS).flatMap((bench) => {
  const file = join(ARTIFACTS, `${bench}.json`);
  return existsSync(file) ? [sectionOf(JSON.parse(readFileSync(file, 'utf8')) as BenchReport)] : [];
});
const page = readFileSync(PAGE, 'utf8');
const [start, end] = [page.indexOf(START), page.indexOf(END)];
if (start < 0 || end < start) throw new Error(`${PAGE} has lost its marks.`);
writeFileSync(PAGE, `${page.slice(0, start + START.length)}\n\n${sections.join('\n')}\n${page.slice(end)}`);
process.stdout.write(`${sections.length} benches drawn into docs/performance.md\n`);

function sectionOf(report: BenchReport): string {
  const plot = PLOTS[report.bench]!;
  const bars = report.rows.flatMap((row): Bar[] => {
    const spread = spreadFrom(row[plot.value]);
    const label = plot.names.map((name) => `${name} ${cellText(row[name])}`).join(', ');
    return spread === null ? [] : [{ label, spread }];
  });
  writeFileSync(
    join(PLOT_FOLDER, `${report.bench}.svg`),
    barChart(`bench:${report.bench}, ${plot.value}`, bars),
  );
  const parameters = Object.entries(report.parameters).map(([name, value]) => `${name} ${value}`);
  return [
    `### bench:${report.bench}\n`,
    `${machineLine(report.machine)}; ${report.machine.at.slice(0, 10)}; seed ${report.seed}; ${parameters.join(', ')}.\n`,
    markdownTable(report),
    ...report.notes.map((note) => `\n${note}`),
    `\n![${plot.value} of bench:${report.bench}](plots/${report.bench}.svg)\n`,
  ].join('\n');
}

function spreadFrom(cell: Cell | undefined): Spread | null {
  if (typeof cell === 'number') return { median: cell, min: cell, max: cell };
  return typeof cell === 'object' ? cell : null;
}

function markdownTable({ rows }: BenchReport): string {
  const columns = columnsOf(rows);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((column) => cellText(row[column])))),
  ].join('\n');
}
