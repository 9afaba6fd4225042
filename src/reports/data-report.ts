import { fieldsOfInput, targetOf } from '../data/bind.js';
import { findField } from '../data/columns.js';
import type { DataFile } from '../data/files.js';
import { classCounts, type FieldRange, type Repetition, rangeOf, TrainingRows } from '../data/inspect.js';
import type { Field, Table } from '../data/source.js';
import type { Compiled } from '../compiler/compile.js';
import { lossKind } from '../compiler/4-program/index.js';
import { trainedOutputs } from '../compiler/checks/outputs.js';
import { endsOf } from '../compiler/objectives.js';
import { counted } from '../diagnostics/numbers.js';
import { extents } from '../ir/dims.js';
import { bindRows, type Rows } from '../runtime/spec/rows.js';
import { classesHeld, farTargets } from '../runtime/spec/targets.js';

export type PartName = 'train' | 'validation' | 'test';

/** What `dnc data check` found in the rows of a spec, as the network is fed with them. */
export interface DataReport {
  readonly source: string;
  readonly files: readonly DataFile[];
  readonly parts: readonly { readonly part: PartName; readonly rows: number }[];
  /** Rows that are neither trained on nor held out, because the data section trains on some alone. */
  readonly unused: number;
  /** Rows that were left out because a cell is missing, and cells that are filled. */
  readonly dropped: number;
  readonly fields: readonly FieldReport[];
  readonly inputs: readonly {
    readonly input: string;
    readonly shape: readonly number[];
    readonly fields: readonly string[];
  }[];
  /** What every output learns. */
  readonly targets: readonly TargetReport[];
  /** Rows with the inputs of a training row, by part. */
  readonly repeated: Readonly<Partial<Record<PartName, Repetition>>>;
  readonly findings: readonly Finding[];
}

export interface TargetReport {
  readonly output: string;
  readonly field: string;
  readonly as: 'class numbers' | 'numbers';
  readonly classes?: ClassesReport;
}

export interface ClassesReport {
  readonly names: readonly string[];
  readonly rows: Readonly<Partial<Record<PartName, readonly number[]>>>;
}

export interface FieldReport extends Omit<FieldRange, 'constant'> {
  readonly field: string;
  readonly shape: readonly number[];
  readonly form: 'numbers' | 'class numbers';
  /** Places that never change in the training rows. */
  readonly constant: number;
  /** Cells that were missing and filled. */
  readonly filled: number;
  /** Range and mean are then those of the file, where a row has one number. */
  readonly standardized: boolean;
}

/** Something about the rows that makes training wrong (`error`) or doubtful (`warning`). */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly check: 'numbers' | 'constant' | 'classes' | 'leak' | 'contradictions' | 'few-rows' | 'scale';
  readonly message: string;
}

/** Looks at the rows of a spec. Rows that the network cannot read are a `Failure` of `bindRows`. */
export function inspectRows({ spec, network, fitted }: Compiled, rows: Rows): DataReport {
  const phase = spec.train.phases[0]!;
  const tables = (['train', 'validation', 'test'] as const).flatMap((part) => {
    const table = rows[part];
    return table ? [{ part, table, bound: bindRows(network, spec, phase, table) }] : [];
  });
  const { train } = rows;
  const ends = endsOf(spec.model);
  const trained = trainedOutputs(network, phase).map((one) => {
    const asked = targetOf(one.output.name, ends.outputs, spec.data, train);
    return { ...one, field: asked === undefined ? undefined : findField(train.fields, asked) };
  });
  const targets = trained.map(({ field }) => field);
  const inputs = network.graph.nodes
    .filter((node) => node.kind === 'Input')
    .map((node) => ({
      input: node.name,
      shape: extents(network.shapes.get(node.name)![0]!),
      fields: fieldsOfInput(node.name, ends, spec.data, train),
    }));
  const used = train.fields.filter(
    (field) => targets.includes(field) || inputs.some(({ fields }) => fields.includes(field)),
  );

  const findings: Finding[] = [];
  const find = (severity: Finding['severity'], check: Finding['check'], message: string) =>
    void findings.push({ severity, check, message });
  const fields = used.map((field): FieldReport => {
    const ranges = tables.map(({ part, table }) => ({ part, ...rangeOf(sameField(table, field), table) }));
    for (const { part, notFinite } of ranges)
      if (notFinite > 0)
        find(
          'error',
          'numbers',
          `${field.name} holds ${counted(notFinite, 'number')} in the ${part} rows that are NaN or infinite`,
        );
    const [own] = ranges as [FieldRange & { part: PartName }];
    if (train.rows > 1) reportConstant(field, own, targets.includes(field), find);
    const column = fitted?.columns.find(({ name }) => name === field.name);
    const finite = ranges.filter(({ most, least }) => most >= least);
    const scaled = column?.kind === 'number' && column.mean?.length === 1 ? column : undefined;
    const inFile = (value: number) => (scaled ? unscaled(value, scaled.mean![0]!, scaled.deviation![0]!) : value);
    return {
      field: field.name,
      shape: field.shape,
      form: field.form === 'classes' ? 'class numbers' : 'numbers',
      least: inFile(Math.min(...finite.map(({ least }) => least))),
      most: inFile(Math.max(...finite.map(({ most }) => most))),
      mean: inFile(own.mean),
      notFinite: ranges.reduce((sum, { notFinite }) => sum + notFinite, 0),
      constant: own.constant.length,
      filled: rows.missing.find(({ field: name }) => name === field.name)?.count ?? 0,
      standardized: column?.kind === 'number' && column.mean !== undefined,
    };
  });

  const learned = trained.map(({ output, objective, shape, field }): TargetReport => {
    const classes = field?.form === 'classes' ? classesOf(field, tables, shape.at(-1) ?? 1) : undefined;
    if (classes) {
      const held = classesHeld(
        field!,
        tables.map(({ table }) => table),
      );
      const of = ends.outputs.length > 1 ? ` of ${field!.name}` : '';
      const spare = shape.at(-1)! > 1 && held !== undefined && held < shape.at(-1)!;
      if (spare)
        find(
          'warning',
          'classes',
          `${output.name} has ${shape.at(-1)} units, one for every class, but the rows have ${counted(held, 'class', 'classes')}${of}`,
        );
      reportClasses(classes, spare ? held : classes.names.length, of, find);
    }
    return {
      output: output.name,
      field: field?.name ?? output.name,
      as: lossKind(objective.loss).target === 'classes' ? 'class numbers' : 'numbers',
      ...(classes && { classes }),
    };
  });
  const far = spec.weights ? [] : farTargets(spec, network, train, () => tables[0]!.bound);
  for (const { message, help } of far) find('warning', 'scale', [message, ...help].join('; '));
  const training = new TrainingRows(tables[0]!.bound);
  const repeated: Partial<Record<PartName, Repetition>> = { train: training.within };
  const contradictions = training.within.rows - training.within.sameTarget;
  if (contradictions > 0 && targets.every((field) => field?.form === 'classes'))
    find(
      'warning',
      'contradictions',
      `${counted(contradictions, 'training row')} ${contradictions === 1 ? 'has' : 'have'} the inputs of an earlier one and another class`,
    );
  for (const { part, table, bound } of tables.slice(1)) {
    const found = training.repeatedIn(bound);
    repeated[part] = found;
    if (found.rows === 0) continue;
    const share = found.rows / table.rows;
    const same =
      found.sameTarget === found.rows ? '' : `, ${found.sameTarget.toLocaleString('en-US')} of them its target`;
    find(
      share >= 0.5 ? 'error' : 'warning',
      'leak',
      `${found.rows.toLocaleString('en-US')} of ${counted(table.rows, `${part} row`)} (${(100 * share).toPrecision(2)} %) have the inputs of a training row${same}; the first is ${part} row ${found.first!.row}, as training row ${found.first!.trainRow}`,
    );
  }
  return {
    source: spec.data.source.word,
    files: rows.files,
    parts: tables.map(({ part, table }) => ({ part, rows: table.rows })),
    unused: rows.unused ?? 0,
    dropped: rows.dropped,
    fields,
    inputs: inputs.map(({ input, shape, fields: read }) => ({ input, shape, fields: read.map(({ name }) => name) })),
    targets: learned,
    repeated,
    findings: [
      ...findings.filter(({ severity }) => severity === 'error'),
      ...findings.filter(({ severity }) => severity === 'warning'),
    ],
  };
}

/** A number as it was before standardizing, without the digits that 32-bit floats do not hold. */
function unscaled(value: number, mean: number, deviation: number): number {
  const step = 10 ** Math.floor(Math.log10(deviation * 1e-5));
  return Math.round((value * deviation + mean) / step) * step;
}

function sameField(table: Table, { name }: Field): Field {
  return table.fields.find((field) => field.name === name)!;
}

type Find = (severity: Finding['severity'], check: Finding['check'], message: string) => void;

/** Images have borders that never change; a column that never changes says nothing. */
function reportConstant(field: Field, { constant, least }: FieldRange, isTarget: boolean, find: Find): void {
  if (constant.length === 0) return;
  if (isTarget) {
    if (constant.length > 0 && field.shape.length < 2 && constant.length === Math.max(1, field.shape[0] ?? 1))
      find('error', 'constant', `the target ${field.name} is the same in all training rows`);
    return;
  }
  if (field.shape.length > 1) return;
  if (field.units && field.units.length === 1) {
    find('warning', 'constant', `the column ${field.name} is ${least} in all training rows: \`skip\` leaves it out`);
    return;
  }
  const names = constant.slice(0, 5).map((place) => field.units?.[place] ?? String(place));
  const shown = `${names.join(', ')}${constant.length > 5 ? ', …' : ''}`;
  find(
    'warning',
    'constant',
    `${counted(constant.length, 'number')} of ${field.name} never change${constant.length === 1 ? 's' : ''} in the training rows: ${shown}`,
  );
}

function classesOf(
  target: Field,
  tables: readonly { readonly part: PartName; readonly table: Table }[],
  units: number,
): ClassesReport {
  const count = Math.max(units === 1 ? 2 : units, target.classes ?? 0);
  return {
    names: Array.from({ length: count }, (_, k) => target.labels?.[k] ?? String(k)),
    rows: Object.fromEntries(
      tables.map(({ part, table }) => [part, classCounts(sameField(table, target), table, count)]),
    ),
  };
}

/** @param held the first so many of the names are classes that rows can have */
function reportClasses({ names, rows }: ClassesReport, held: number, of: string, find: Find): void {
  const missing = names.filter((_, k) => k < held && rows.train![k] === 0);
  if (missing.length > 0) {
    const elsewhere = names.filter(
      (_, k) => rows.train![k] === 0 && [rows.validation, rows.test].some((part) => part && part[k]! > 0),
    );
    const shown = `${missing.slice(0, 8).join(', ')}${missing.length > 8 ? ', …' : ''}`;
    find(
      elsewhere.length > 0 ? 'error' : 'warning',
      'classes',
      `no training row has the class ${shown}${of}${elsewhere.length > 0 ? `, and other parts have ${elsewhere.slice(0, 8).join(', ')}` : ''}`,
    );
  }
  for (const part of ['validation', 'test'] as const) {
    const lacking = names.filter((_, k) => rows[part]?.[k] === 0 && rows.train![k]! > 0);
    if (lacking.length > 0)
      find(
        'warning',
        'classes',
        `no ${part} row has the class ${lacking.slice(0, 8).join(', ')}${lacking.length > 8 ? ', …' : ''}${of}`,
      );
  }
}
