import type { DataReport } from '../reports/data-report.js';
import { dataFolderOption, type Io, type Options } from './command.js';
import { currentSpec } from './current-spec.js';
import { readSpec } from './spec-file.js';

/** Reads the rows of a spec as training would, and says what they are. Exit code 4 where training on them would be wrong. */
export async function checkData(given: string | undefined, options: Options, io: Io): Promise<number> {
  const { Failure } = await import('../diagnostics/report.js');
  const { render } = await import('../diagnostics/render.js');
  const { diagnosticsJson } = await import('../diagnostics/json.js');
  const { inspectRows } = await import('../reports/data-report.js');
  const { openWithRows } = await import('../runtime/spec/open-spec.js');
  const { file, sets } = await currentSpec(given, options, io, 'data check');
  try {
    const { compiled, rows } = await openWithRows({
      source: readSpec(file),
      specFile: file,
      sets,
      dataFolder: dataFolderOption(options),
      // The rows are looked at as they are now.
      acceptChangedData: true,
    });
    for (const note of rows.notes) io.note(`note: ${note}\n`);
    if (rows.warnings.length > 0) io.note(render(rows.warnings, { color: io.colour }));
    const report = inspectRows(compiled, rows);
    const isBad = report.findings.some(({ severity }) => severity === 'error' || options.strict === true);
    if (options.json) io.out(`${JSON.stringify({ format: 1, spec: file, ok: !isBad, ...report }, undefined, 2)}\n`);
    else io.out(text(file, report));
    return isBad ? 4 : 0;
  } catch (error) {
    if (!(error instanceof Failure) || !options.json) throw error;
    const diagnostics = diagnosticsJson(error.diagnostics);
    io.out(`${JSON.stringify({ format: 1, spec: file, ok: false, diagnostics }, undefined, 2)}\n`);
    return error.exit;
  }
}

/** Classes that get a line of their own. */
const SHOWN_CLASSES = 20;

function text(file: string, report: DataReport): string {
  const { parts, targets, repeated } = report;
  const lines: string[] = [`rows of ${file}: ${report.source}`, ''];
  const section = (title: string, rows: readonly (readonly string[])[], isCounted = false) => {
    if (rows.length > 0) lines.push(title, ...aligned(rows, isCounted), '');
  };
  section(
    'files',
    report.files.map(({ name, bytes, rows, sha256 }) => [
      name,
      `${count(rows)} rows`,
      `${count(bytes)} bytes`,
      `sha256 ${sha256.slice(0, 12)}…`,
    ]),
  );
  section('parts', [
    ...parts.map(({ part, rows }) => [part, `${count(rows)} rows`]),
    ...(report.unused > 0 ? [['not used', `${count(report.unused)} rows that \`train\` of \`data\` leaves out`]] : []),
    ...(report.dropped > 0 ? [['left out', `${count(report.dropped)} rows with missing cells`]] : []),
  ]);
  section(
    'fields',
    report.fields.map(({ field, shape, form, least, most, mean, constant, filled, standardized, notFinite }) => [
      field,
      shape.length === 0 ? '1' : shape.join('×'),
      `${brief(least)} … ${brief(most)}`,
      form === 'class numbers' ? form : `mean ${brief(mean)}`,
      [
        standardized ? 'standardized' : '',
        filled > 0 ? `${count(filled)} missing, filled` : '',
        constant > 0 && shape.length > 0 ? `${count(constant)} never change` : '',
        notFinite > 0 ? `${count(notFinite)} not finite` : '',
      ]
        .filter((note) => note !== '')
        .join(', '),
    ]),
  );
  for (const { classes, field } of targets) {
    if (!classes) continue;
    section(
      targets.length > 1 ? `classes of ${field}` : 'classes',
      [
        ['', ...parts.map(({ part }) => part)],
        ...classes.names
          .slice(0, SHOWN_CLASSES)
          .map((name, k) => [name, ...parts.map(({ part }) => count(classes.rows[part]![k]!))]),
        ...(classes.names.length > SHOWN_CLASSES
          ? [[`… ${classes.names.length - SHOWN_CLASSES} more: --json shows them`]]
          : []),
      ],
      true,
    );
  }
  section('read by', [
    ...report.inputs.map(({ input, shape, fields }) => [input, `${shape.join('×')} from ${fieldNames(fields)}`]),
    ...targets.map(({ output, field, as }) => [output, `learns ${field} as ${as}`]),
  ]);
  section(
    'rows with the inputs of a training row',
    parts.map(({ part }) => [part === 'train' ? 'train, of an earlier one' : part, count(repeated[part]?.rows ?? 0)]),
    true,
  );
  lines.push(...report.findings.map(({ severity, message }) => `${severity}: ${message}`));
  if (report.findings.length === 0) lines.push('nothing is wrong with them');
  return `${lines.join('\n')}\n`;
}

function fieldNames(fields: readonly string[]): string {
  return fields.length <= 6 ? fields.join(', ') : `${fields.slice(0, 5).join(', ')} and ${fields.length - 5} more`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function brief(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Rows with their cells below each other; columns of numbers at their last digit. */
function aligned(rows: readonly (readonly string[])[], isCounted: boolean): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, k) => void (widths[k] = Math.max(widths[k] ?? 0, cell.length)));
  const padded = (cell: string, k: number) =>
    isCounted && k > 0 ? cell.padStart(widths[k]!) : cell.padEnd(widths[k]!);
  return rows.map((row) => `  ${row.map(padded).join('  ')}`.trimEnd());
}
