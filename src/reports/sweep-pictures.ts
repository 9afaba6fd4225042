import path from 'node:path';
import { writeAtomically } from '../files.js';
import type { TopLevelSpec } from 'vega-lite';
import { drawChart, INK } from './charts.js';
import { cleaned } from './html.js';
import { frontCharts } from './sweep-charts.js';
import type { SweepReport } from './sweep.js';

/** Writes the Pareto fronts of a sweep as pictures of their own, readable on white and on black. Gives their paths. */
export async function writeFronts(folder: string, report: SweepReport): Promise<string[]> {
  const written: string[] = [];
  for (const { cost, chart } of frontCharts(report)) {
    const file = path.join(folder, `pareto-${cost.replace('_', '-')}.svg`);
    const title = {
      text: `${cleaned(report.name)}: ${chart.title}`,
      anchor: 'start',
      color: INK,
      offset: 16,
      fontSize: 13,
    };
    const spec = { ...chart.spec, title } as TopLevelSpec;
    writeAtomically(file, standAlone((await drawChart(spec, chart.description)).text));
    written.push(file);
  }
  return written;
}

/** A chart of a page as a file: with its size, a ground, and the colour of its text, which follow the reader's choice of light or dark. */
export function standAlone(svg: string): string {
  const [, width = 0, height = 0] = (/viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []).map(Number);
  const style =
    'svg{color:#1b1f24;background:#ffffff}@media (prefers-color-scheme:dark){svg{color:#e6e8eb;background:#14171b}}';
  const margin = 12;
  return `${svg
    .replace(
      /viewBox="[^"]*"/,
      `viewBox="${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}" width="${width + 2 * margin}" height="${height + 2 * margin}"`,
    )
    .replace(/^(<svg[^>]*>)/, `$1<style>${style}</style>`)}\n`;
}
