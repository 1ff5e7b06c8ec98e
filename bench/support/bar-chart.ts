import { shown, type Spread } from './statistics.ts';

export interface Bar {
  readonly label: string;
  readonly spread: Spread;
}

const WIDTH = 760;
const LABEL_WIDTH = 300;
const VALUE_WIDTH = 70;
const BAR_HEIGHT = 18;
const ROW_HEIGHT = 26;
const TOP = 34;

/** A horizontal bar a row, as long as the median, with a whisker from the least to the greatest. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const greatest = Math.max(...bars.map(({ spread }) => spread.max), Number.MIN_VALUE);
  const scale = (value: number): number => ((WIDTH - LABEL_WIDTH - VALUE_WIDTH) * value) / greatest;
  const height = TOP + bars.length * ROW_HEIGHT + 8;
  const rows = bars.map(({ label, spread }, at) => {
    const top = TOP + at * ROW_HEIGHT;
    const middle = top + BAR_HEIGHT / 2;
    const [from, to] = [LABEL_WIDTH + scale(spread.min), LABEL_WIDTH + scale(spread.max)];
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${top}" width="${scale(spread.median).toFixed(1)}" height="${BAR_HEIGHT}" fill="#4477aa"/>`,
      `<path d="M${from.toFixed(1)} ${middle}H${to.toFixed(1)}" stroke="#222" stroke-width="1.5"/>`,
      `<text x="${(to + 6).toFixed(1)}" y="${middle + 4}">${shown(spread.median)}</text>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="8" y="20" font-size="14" font-weight="bold">${escaped(title)}</text>`,
    ...rows,
    '</svg>\n',
  ].join('\n');
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
