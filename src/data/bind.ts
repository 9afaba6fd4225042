import { didYouMeanOr } from '../diagnostics/did-you-mean.js';
import { fail } from '../diagnostics/report.js';
import type { Span } from '../diagnostics/source.js';
import type { TargetForm } from '../losses/loss.js';
import { sizeOf } from '../program/program.js';
import type { AugmentChoices, AugmentedRows } from './augment.js';
import { augmentedTensors, type InputToAugment } from './augmented.js';
import { findField, type Fitted, type FittedColumn } from './columns.js';
import { hasDecimalComma, keyText } from './csv/table.js';
import { joinedOrder } from './joined.js';
import { namePictures } from './columns/texts.js';
import type { Description, Field, Table } from './source.js';
import { heldNumbers } from './row-memory.js';
import { RowCursor, StoredRows } from './stored-rows.js';

/** What the data section says about who reads what. */
export interface BindChoices {
  /** Fields of each input, by the input's name. */
  readonly inputs?: Readonly<Record<string, readonly string[]>> | undefined;
  /** The field that a lone output is to predict. Absent: the source's own target. */
  readonly target?: string | undefined;
  /** The field that each output is to predict, by the output's name. Absent: of several, the field of its name. */
  readonly targets?: Readonly<Record<string, string>> | undefined;
  /** What happens to the pictures that training reads. */
  readonly augment?: AugmentChoices | undefined;
  readonly span?: Span | undefined;
}

/** The names of a network's Inputs and outputs. */
export interface Ends {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * The field that an output is to predict, by name: what the data section gives it, else for a lone output the source's own target, for one of several
 * the field of its name. Undefined: nothing says.
 */
export function targetOf(
  output: string,
  outputs: readonly string[],
  data: Pick<BindChoices, 'target' | 'targets'>,
  { target }: { readonly target?: string | undefined },
): string | undefined {
  if (data.targets && Object.hasOwn(data.targets, output)) return data.targets[output];
  return outputs.length > 1 ? output : (data.target ?? target);
}

/** What the classes are called that an output tells apart, as far as what is known of the rows says. */
export function labelsOf(
  output: string,
  outputs: readonly string[],
  data: Pick<BindChoices, 'target' | 'targets'>,
  description: Description,
): readonly string[] | undefined {
  const name = targetOf(output, outputs, data, description);
  const field = name === undefined ? undefined : findField(description.fields, name);
  return field?.form === 'classes' ? field.labels : undefined;
}

/** What was learned of the field that an output is to predict. */
export function fittedTarget(
  output: string,
  outputs: readonly string[],
  data: Pick<BindChoices, 'target' | 'targets'>,
  fitted: Fitted,
): FittedColumn | undefined {
  const name = targetOf(output, outputs, data, fitted);
  return name === undefined ? undefined : findField(fitted.columns, name);
}

/**
 * The fields that an input reads: those that the data section gives it, else the field of its name, else, for a lone input, all that are no target.
 * Names that nothing has are left out.
 */
export function fieldsOfInput<F extends Omit<Field, 'data'>>(
  input: string,
  { inputs, outputs }: Ends,
  data: Pick<BindChoices, 'inputs' | 'target' | 'targets'>,
  { fields, target }: { readonly fields: readonly F[]; readonly target?: string | undefined },
): readonly F[] {
  const given = data.inputs && Object.hasOwn(data.inputs, input) ? data.inputs[input] : undefined;
  /** Of what lies ahead of a window an input reads the past. */
  const readable = (name: string): F | undefined => {
    const found = findField(fields, name);
    return found?.past === undefined ? found : findField(fields, found.past);
  };
  if (given) return given.flatMap((name) => readable(name) ?? []);
  const own = fields.some((field) => field.name === input) ? readable(input) : undefined;
  if (own || inputs.length > 1) return own ? [own] : [];
  const wanted = outputs.map((output) => targetOf(output, outputs, data, { target }));
  const targets = [...wanted, target].map((name) => (name === undefined ? undefined : findField(fields, name)));
  const features = fields.filter((field) => !targets.includes(field));
  // An autoencoder: what it is to predict is all there is to read.
  return features.length > 0 ? features : fields.filter((field) => field === targets[0]);
}

/** What a network reads. */
export interface Readers {
  readonly data: BindChoices;
  readonly inputs: readonly {
    readonly name: string;
    /** Extents of a row as the data has them, before `keep`. */
    readonly extents: readonly number[];
    /** The features that are read, as row-major indices into them. Absent: all. */
    readonly keep?: readonly number[];
    /** What it reads are indices: whole numbers from 0 on, below this, since the layer has no more vectors. */
    readonly indices?: { readonly below: number; readonly layer: string };
  }[];
  readonly outputs: readonly {
    readonly name: string;
    /** Extents of a row of the output. */
    readonly extents: readonly number[];
    /** What the loss wants: a class number, or a number for every unit of the output. Absent: its target is not read. */
    readonly form?: TargetForm;
  }[];
}

/** One tensor of a batch: where its rows come from. Row r of the table is row `rows[r]` of `data` (r itself when absent), `width` numbers each. */
export interface BoundTensor {
  /** The program's batch input: an input's name, or `target:<output>`. */
  readonly name: string;
  /** Extents of a row; their product is `width`. Empty for a class number. */
  readonly extents: readonly number[];
  readonly width: number;
  readonly data: Float32Array | Int32Array | StoredRows;
  readonly rows: Int32Array | undefined;
  /** Of rows that are stored: which of their numbers are read. Absent: all. */
  readonly places?: Int32Array;
  /** What the classes of a target are called, where they have names. */
  readonly labels?: readonly string[];
  /** What training reads in the place of these rows. Absent: themselves. */
  readonly augmented?: AugmentedRows;
}

/** A table as one network reads it. */
export interface BoundTable {
  readonly rows: number;
  readonly tensors: readonly BoundTensor[];
}

/**
 * Binds the fields of a table to the inputs and targets of a network. An input takes the fields that the data section gives it, else the field of its
 * name; a lone input takes all fields that are no target. An output takes the target that the data section gives it, else a lone one the source's own
 * and one of several the field of its name. Extents must agree in number only: rows are row-major on both sides. `keep` is applied
 * here, once. Nothing is copied where a field is read as it is.
 *
 * Targets: class numbers for `classes`; for `values` the numbers of the field, a class number as a one-hot row, or as 0 or 1 where the output is one
 * unit wide.
 *
 * @throws Failure unknown-field, unbound-input, no-target, field-mismatch, label-out-of-range
 */
export function bind({ data, inputs, outputs }: Readers, table: Table): BoundTable {
  const where = { at: data.span };
  const ends: Ends = { inputs: inputs.map(({ name }) => name), outputs: outputs.map(({ name }) => name) };
  const trained = outputs.filter((output): output is Trained => output.form !== undefined);
  const targets = targetFields({ data, ends, trained: trained.map(({ name }) => name) }, table);
  const boundInputs = inputs.map((input): InputToAugment => {
    const fields = fieldsOfInput(input.name, ends, data, table);
    const { keep, ...rest } = input;
    const tensor = bindInput(input, fields, table, where);
    if (input.indices) checkIndices(input, fields, tensor, table.rows, where);
    return {
      name: input.name,
      ...(keep && { keep }),
      fields,
      tensor,
      whole: () => bindInput(rest, fields, table, where),
    };
  });
  const boundTargets = trained.map((output, k) => {
    return { tensor: bindTarget(output, targets[k]!, table, where), field: targets[k]! };
  });
  const augmented = augmentedTensors(data.augment, boundInputs, boundTargets, table, data.span);
  const tensors = [...boundInputs, ...boundTargets].map(({ tensor }) => {
    const training = augmented.get(tensor.name);
    return training ? { ...tensor, augmented: training } : tensor;
  });
  return { rows: table.rows, tensors };
}

/**
 * The fields that the trained outputs are to predict, in their order.
 *
 * @throws Failure unknown-field of what an input or output reads and the rows do not have, unbound-input, no-target
 */
export function targetFields<F extends Omit<Field, 'data'>>(
  { data, ends, trained }: { readonly data: BindChoices; readonly ends: Ends; readonly trained: readonly string[] },
  rows: { readonly fields: readonly F[]; readonly target?: string | undefined },
): readonly F[] {
  const where = { at: data.span };
  const names = rows.fields.map((field) => field.name);
  for (const name of Object.keys(data.inputs ?? {})) {
    if (ends.inputs.includes(name)) continue;
    fail('unbound-input', { input: name }, { ...where, help: didYouMeanOr(name, ends.inputs, 'inputs') });
  }
  /** `key` says where another field than that of the reader's own name can be given. */
  const fieldOf = (name: string, reader: string, key?: 'inputs' | 'targets'): F => {
    const found = findField(rows.fields, name);
    if (found) return found;
    const other = `the field of another name is given in the data section: \`${key} { ${keyText(name)}: … }\``;
    const help = [...didYouMeanOr(name, names, 'fields'), ...(key ? [other] : [])];
    return fail('unknown-field', { field: name, reader, source: 'the data source' }, { ...where, help });
  };
  const targets = trained.map((name) => {
    const target = targetOf(name, ends.outputs, data, rows);
    if (target !== undefined) return fieldOf(target, `the output ${name}`, target === name ? 'targets' : undefined);
    const help = [`name it: \`target: ${names.at(-1)}\``];
    return fail('no-target', { source: 'the table', columns: listed(names) }, { ...where, help });
  });
  for (const input of ends.inputs) {
    const given = data.inputs && Object.hasOwn(data.inputs, input) ? data.inputs[input]! : [];
    for (const name of given) fieldOf(name, `the input ${input}`);
    if (fieldsOfInput(input, ends, data, rows).length === 0) fieldOf(input, `the input ${input}`, 'inputs');
  }
  return targets;
}

type Where = { readonly at: Span | undefined };

function bindInput(
  input: Readers['inputs'][number],
  fields: readonly Field[],
  table: Table,
  where: Where,
): BoundTensor {
  const { name, extents, keep } = input;
  for (const field of fields) {
    if (field.form === 'values') continue;
    fail(
      'field-mismatch',
      { reader: `the input ${name}`, expected: 'real numbers', field: field.name, found: 'class numbers' },
      where,
    );
  }
  const width = sizeOf(extents);
  const widths = fields.map((field) => sizeOf(field.shape));
  const found = widths.reduce((sum, w) => sum + w, 0);
  if (found !== width) {
    fail(
      'field-mismatch',
      {
        reader: `the input ${name}`,
        expected: shapeText(extents),
        ...(fields.length === 1
          ? { field: fields[0]!.name, found: shapeText(fields[0]!.shape) }
          : { field: listed(fields.map((field, k) => `${field.name} ${widths[k]}`)), found: String(found) }),
      },
      {
        ...where,
        help: [
          ...fields.flatMap(meantAsNumbers),
          // As wide as texts make it that are most likely meant as numbers is what nobody wants.
          ...((extents.length === 1 || fields.length === 1) &&
          !keep &&
          fields.every((one) => !meantAsNumbers(one).length)
            ? [`write Input(${fields.length === 1 ? fields[0]!.shape.join(', ') : found})`]
            : []),
          ...fields.flatMap(otherReading),
        ],
      },
    );
  }
  const [only] = fields;
  if (fields.length === 1 && !keep) return { name, extents, width, data: only!.data, rows: table.selection };
  if (fields.length === 1 && keep && only!.data instanceof StoredRows)
    return {
      name,
      // Features that are kept are kept at every place.
      extents: [...extents.slice(0, -1), keep.length / sizeOf(extents.slice(0, -1))],
      width: keep.length,
      data: only!.data,
      rows: table.selection,
      places: Int32Array.from(keep, (index) => (index < width ? index : outside(name, index, width))),
    };

  // Where each number of a row comes from: the field, and the place in the field's row.
  const places = joinedOrder(fields.map((field) => field.shape)).map(({ field: k, at }) => {
    return { field: fields[k]!, at, width: widths[k]! };
  });
  const kept = keep ? keep.map((index) => places[index] ?? outside(name, index, width)) : places;
  const data = new Float32Array(table.rows * kept.length);
  const { selection } = table;
  // Row by row within a field: the memory of both sides is read and written in its order.
  for (let first = 0, behind = 0; first < kept.length; first = behind) {
    const { field, width: step } = kept[first]!;
    while (kept[behind]?.field === field) behind += 1;
    const places = Int32Array.from(kept.slice(first, behind), ({ at }) => at);
    const numbers = heldNumbers(field, 'an input of several fields', where.at);
    for (let row = 0; row < table.rows; row++) {
      const [to, from] = [row * kept.length + first, (selection ? selection[row]! : row) * step];
      for (let k = 0; k < places.length; k++) data[to + k] = numbers[from + places[k]!]!;
    }
  }
  // Features that are kept are kept at every place.
  const read = [...extents.slice(0, -1), kept.length / sizeOf(extents.slice(0, -1))];
  return { name, extents: keep ? read : extents, width: kept.length, data, rows: undefined };
}

/** The different texts of a column that is read as categories. */
function categoriesOf({ name, units = [] }: Field): readonly string[] {
  return units.filter((unit) => unit.startsWith(`${name}.`)).map((unit) => unit.slice(name.length + 1));
}

/** What to write where the texts of a column are numbers, most of them with a decimal comma. */
function meantAsNumbers(field: Field): readonly string[] {
  const texts = categoriesOf(field);
  const commas = texts.filter(hasDecimalComma).length;
  const numbers = texts.filter((text) => text.trim() !== '' && Number.isFinite(Number(text))).length;
  if (commas === 0 || (commas + numbers) * 2 < texts.length) return [];
  return [
    `${field.name} is read as ${texts.length} categories; as numbers with a decimal comma: \`decimal: ","\` in csv(…)`,
  ];
}

/** How a column of texts may be meant that is read as categories, a number for each different text. */
function otherReading(field: Field): readonly string[] {
  const texts = categoriesOf(field);
  if (texts.length === 0 || meantAsNumbers(field).length > 0) return [];
  const key = keyText(field.name);
  const read = `${field.name} is read as ${texts.length} categories`;
  if (namePictures(texts))
    return [`${read}; as the pictures that it names: \`columns { ${key}: image_file(size: [64, 64]) }\``];
  return [`${read}; as texts of words: \`columns { ${key}: tokens(10k, length: 200) }\``];
}

function outside(name: string, index: number, width: number): never {
  throw new Error(`${name} keeps feature ${index} of ${width}`);
}

/** Every token must select a vector: an engine would read beyond the last. What says that of all rows says it of the largest token. */
function checkIndices(
  { name: input, indices }: Readers['inputs'][number],
  fields: readonly Field[],
  tensor: BoundTensor,
  count: number,
  where: Where,
): void {
  if (!indices) return;
  const { below, layer } = indices;
  const cursor = new RowCursor(tensor);
  let [largest, rowOfLargest] = [-1, 0];
  for (let row = 0; row < count; row++) {
    const { numbers, from } = cursor.seek(row);
    for (let k = from; k < from + tensor.width; k++) {
      const token = numbers[k]!;
      if (!Number.isInteger(token) || token < 0) {
        const help = ['an Embedding reads whole numbers from 0 on, such as the `tokens` of a column'];
        fail('token-out-of-range', { input, row, found: token, below, layer }, { ...where, help });
      }
      if (token > largest) [largest, rowOfLargest] = [token, row];
    }
  }
  if (largest < below) return;
  // Rows to come may hold larger ones than these.
  const most = Math.max(largest, ...fields.map(({ range }) => Math.floor(range?.[1] ?? 0)));
  const help = [
    `its first argument is input_dim: ${layer} = Embedding(${most + 1}, …)${known(fields) ? '' : ' or more'}`,
  ];
  fail('token-out-of-range', { input, row: rowOfLargest, found: largest, below, layer }, { ...where, help });
}

/** Whether all that the fields can hold is known. */
function known(fields: readonly Field[]): boolean {
  return fields.every(({ range }) => range !== undefined);
}

/** An output whose target is read. */
type Trained = Readers['outputs'][number] & { readonly form: TargetForm };

function bindTarget(output: Trained, field: Field, table: Table, where: Where): BoundTensor {
  const { extents, form } = output;
  const name = `target:${output.name}`;
  const reader = `the target of ${output.name}`;
  const width = sizeOf(extents);
  if (field.form === 'classes') {
    checkLabels(output, field, table, where);
    const named = field.labels && { labels: field.labels };
    if (form === 'classes') return { name, extents: [], width: 1, data: field.data, rows: table.selection, ...named };
    return { name, extents, width, data: oneHot(field, table, width), rows: undefined, ...named };
  }
  const mismatch = (expected: string): never =>
    fail('field-mismatch', { reader, expected, field: field.name, found: shapeText(field.shape) }, where);
  if (form === 'classes')
    return fail(
      'field-mismatch',
      { reader, expected: 'class numbers', field: field.name, found: shapeText(field.shape) },
      {
        ...where,
        help: field.units
          ? [`its different cells are the classes with \`columns { ${keyText(field.name)}: classes }\``]
          : [],
      },
    );
  if (sizeOf(field.shape) !== width) return mismatch(shapeText(extents));
  return { name, extents, width, data: field.data, rows: table.selection };
}

/** Every class number must select a unit of the output; an output one unit wide tells two classes apart. */
function checkLabels(output: Trained, field: Field, table: Table, where: Where): void {
  const units = output.extents.at(-1) ?? 1;
  const classes = output.form === 'values' && units === 1 ? 2 : units;
  const labels = heldNumbers(field, 'what is to be predicted', where.at);
  for (let row = 0; row < table.rows; row++) {
    const stored = table.selection ? table.selection[row]! : row;
    const label = labels[stored]!;
    if (label >= 0 && label < classes) continue;
    fail(
      'label-out-of-range',
      {
        where: `the field ${field.name}`,
        row: stored,
        label,
        classes,
        because: `the output ${output.name} tells apart`,
      },
      {
        ...where,
        help: field.labels ? [`${field.name} holds texts, which are classes: ${listed(field.labels)}`] : [],
      },
    );
  }
}

function oneHot(field: Field, table: Table, width: number): Float32Array {
  const data = new Float32Array(table.rows * width);
  const labels = heldNumbers(field, 'what is to be predicted');
  for (let row = 0; row < table.rows; row++) {
    const label = labels[table.selection ? table.selection[row]! : row]!;
    if (width === 1) data[row] = label;
    else data[row * width + label] = 1;
  }
  return data;
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''}`;
}

function shapeText(shape: readonly number[]): string {
  const size = sizeOf(shape);
  if (shape.length <= 1) return `${size} ${size === 1 ? 'number' : 'numbers'} a row`;
  return `${shape.join('×')} a row`;
}
