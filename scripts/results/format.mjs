// How numbers and tables read in docs/results.md.

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The standard deviation of a sample. */
export function deviation(values) {
  const middle = mean(values);
  return values.length < 2
    ? 0
    : Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** One value has no spread. */
export function spread(values, format) {
  const middle = format(mean(values));
  return values.length < 2 ? middle : `${middle} ± ${format(deviation(values))}`;
}

/** What the numbers of a table are, in words. */
export function overSeeds(count) {
  return count < 2 ? 'One seed.' : `Mean ± standard deviation over ${count} seeds.`;
}

export function percent(share) {
  return (100 * share).toFixed(2);
}

export function grouped(value) {
  return Math.round(value).toLocaleString('en');
}

/** 12.1e-3 is how a mean squared error of pixels is compared: three digits behind the leading zero's. */
export function small(value) {
  return value.toFixed(5);
}

/**
 * A table over runs. A column has a head and `cell(run)`; with `spread(runs)` it has a cell in the last line of several runs, too. Numbers are aligned to the right.
 */
export function table(runs, columns) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const lines = [
    line(columns.map((one) => one.head)),
    line(columns.map((one) => (one.text ? '---' : '---:'))),
    ...runs.map((run) => line(columns.map((one) => one.cell(run)))),
  ];
  if (runs.length > 1 && columns.some((one) => one.spread)) {
    lines.push(line(columns.map((one, k) => (k === 0 ? 'mean ± sd' : (one.spread?.(runs) ?? '')))));
  }
  return lines.join('\n');
}

/** A column of numbers with their mean and standard deviation below. */
export function numbers(head, value, format) {
  return { head, cell: (run) => format(value(run)), spread: (runs) => spread(runs.map(value), format) };
}

export function words(head, cell) {
  return { head, cell, text: true };
}

/** The pictures that `npm run patterns` makes of a row: the connections of every kernel, as trained and as they are left. */
export function pictures(row, kernels) {
  return `The connections as trained, and what is left of them, first seed ([patterns.md](patterns.md) says how to read them):

${kernels.map((kernel) => `![${row}, ${kernel}.kernel](images/${row}/${kernel}.kernel.png)`).join('\n')}
`;
}
