import { columns } from './columns.js';
import { count, measured, percent } from './numbers.js';
import { COSTS, type Cost, type CombinationReport, ranked, type SweepReport } from './sweep.js';

/** What `dnc sweep` prints: a line for every combination, the best first, and what was chosen. */
export function sweepText(report: SweepReport): string {
  const { addresses, objective, chosen } = report;
  const costs = costsOf(report);
  const rows = ranked(report).map((one) => [
    one.number === chosen?.combination ? '*' : '',
    String(one.number),
    ...addresses.map((address) => one.values[address]!),
    scoreText(one),
    ...costs.map((cost) => costText(cost, one[cost])),
    frontMark(report, one),
    stateText(one),
  ]);
  const head = ['', '#', ...addresses, `val_${objective.name}`, ...costs.map((cost) => COSTS[cost].short), 'front', ''];
  const table = columns(
    [head, ...rows],
    [
      'left',
      'right',
      ...addresses.map(() => 'right' as const),
      'left',
      ...costs.map(() => 'right' as const),
      'left',
      'left',
    ],
  );
  return `${table}\n${notes(report).join('\n')}\n`;
}

/** What is measured of at least one combination. */
export function costsOf({ combinations }: Pick<SweepReport, 'combinations'>): Cost[] {
  return (Object.keys(COSTS) as Cost[]).filter((cost) => combinations.some((one) => one[cost] !== undefined));
}

export function scoreText({ objective, spread }: CombinationReport): string {
  if (objective === undefined) return '';
  return `${measured(objective)}${spread === undefined ? '' : ` ± ${measured(spread)}`}`;
}

export function costText(cost: Cost, value: number | undefined): string {
  if (value === undefined) return '';
  return cost === 'milliseconds' ? value.toPrecision(3) : count(Math.round(value));
}

/** On the front against parameters, or on another one alone. */
export function frontMark({ fronts }: SweepReport, { number }: CombinationReport): string {
  if (fronts.parameters?.includes(number)) return '◆';
  return Object.values(fronts).some((front) => front.includes(number)) ? '◇' : '';
}

export function stateText({ state, epochs, error }: CombinationReport): string {
  switch (state) {
    case 'finished':
      return '';
    case 'stopped early':
      return epochs === undefined ? state : `stopped early, behind ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`;
    case 'failed':
      return `failed: ${error ?? ''}`;
    case 'waiting':
      return 'not done';
  }
}

/** `lambda: 1e-4, width: 30`, or that there is one combination. */
export function valuesText(values: Readonly<Record<string, string>>): string {
  const entries = Object.entries(values);
  return entries.length === 0
    ? 'the spec as it is'
    : entries.map(([address, value]) => `${address}: ${value}`).join(', ');
}

/** What is said below the table. */
function notes(report: SweepReport): string[] {
  const { objective, chosen, combinations, importances, repeated } = report;
  const lines: string[] = [];
  const best = combinations.find(({ number }) => number === chosen?.combination);
  const better = `${objective.better} is better`;
  if (repeated.length > 0)
    lines.push(`val_${objective.name}: ${better}; mean ± standard deviation over ${repeated.join(', ')}`);
  else lines.push(`val_${objective.name}: ${better}`);
  if (Object.keys(report.fronts).length > 0)
    lines.push('◆ no other is as good with as few parameters; ◇ so for multiply-adds or milliseconds alone');
  if (importances.length > 1)
    lines.push(
      `what each address explains alone: ${importances.map(({ address, share }) => `${address} ${percent(share)}`).join(', ')}`,
    );
  const left = combinations.filter(({ state }) => state === 'waiting').length;
  if (left > 0) lines.push(`${left} of ${combinations.length} are not done: dnc sweep --resume ${report.folder}`);
  if (!best)
    return [...lines, ...(left > 0 ? [] : ['nothing came to its end with a finite score, so nothing is chosen'])];
  lines.push(`* chosen by validation rows: ${valuesText(best.values)}`);
  const test = Object.entries(chosen?.test ?? {});
  if (test.length > 0)
    lines.push(
      `  on test rows, which chose nothing: ${test.map(([name, value]) => `${name} ${measured(value)}`).join(', ')}`,
    );
  lines.push(
    `  its ${best.folders.length === 1 ? 'run' : 'runs'}: ${best.folders.map((folder) => `${report.folder}/${folder}`).join(', ')}`,
  );
  return lines;
}
