import { ops } from './ops/index.js';
import type { MatmulAttributes } from './ops/matmul.js';
import type { Attributes, Instruction, Program, TensorType, ValueId } from './program.js';

/**
 * What a value of a program is when the program is run on some rows of a batch instead of on all of them.
 *
 * - `same`: what it is on all rows. It reads no batch.
 * - `rows`: those rows of it. The batch is its first axis, and each row is made from the same row of what it reads.
 * - `sum`: a part of it: the values over the parts of a batch, added up, are the value over the batch. A gradient of a sum over rows, for one.
 */
export type AcrossRows = 'same' | 'rows' | 'sum';

/**
 * How every value depends on the rows of the batch. A value that is not listed is nothing of the three, or not known to be: a mean over
 * rows, a normalization by the batch, a recurrence.
 */
export function acrossRows(program: Program): ReadonlyMap<ValueId, AcrossRows> {
  const found = new Map<ValueId, AcrossRows>();
  for (const { value } of program.inputs) {
    const kind = byShape(program.values[value]!);
    if (kind) found.set(value, kind);
  }
  for (const instruction of program.instructions) {
    const given = instruction.inputs.map((id) => found.get(id));
    if (given.some((kind) => kind === undefined)) continue;
    const kind = kindOf(program, instruction, given as readonly AcrossRows[]);
    if (!kind) continue;
    for (const id of instruction.outputs) {
      // Rows have the batch in front, and nothing else has it anywhere.
      if (byShape(program.values[id]!) === (kind === 'rows' ? 'rows' : 'same')) found.set(id, kind);
    }
  }
  return found;
}

/** What an input, or what is made of `same` values alone, is by its shape. */
function byShape({ shape }: TensorType): 'same' | 'rows' | undefined {
  const batches = shape.filter((extent) => extent === 'batch').length;
  if (batches === 0) return 'same';
  return batches === 1 && shape[0] === 'batch' ? 'rows' : undefined;
}

interface At {
  readonly given: readonly AcrossRows[];
  readonly types: readonly TensorType[];
  readonly result: TensorType;
  readonly attributes: Attributes;
}

function kindOf(program: Program, instruction: Instruction, given: readonly AcrossRows[]): AcrossRows | undefined {
  const result = program.values[instruction.outputs[0]!]!;
  if (given.every((kind) => kind === 'same')) return instruction.op === 'scan' ? undefined : byShape(result);
  const types = instruction.inputs.map((id) => program.values[id]!);
  const at: At = { given, types, result, attributes: instruction.attributes };
  const rule = rules[instruction.op];
  if (rule) return rule(at);
  return ops[instruction.op]?.pattern === 'elementwise' ? rowByRow(at) : undefined;
}

type Rule = (at: At) => AcrossRows | undefined;

const all = (given: readonly AcrossRows[], kind: AcrossRows) => given.every((one) => one === kind);

/** Elementwise work: operands with rows have the batch where the result has it. */
const rowByRow: Rule = ({ given, types, result }) => {
  if (given.includes('sum')) return undefined;
  const { length } = result.shape;
  return given.every((kind, index) => kind === 'same' || types[index]!.shape.length === length) ? 'rows' : undefined;
};

/** f(x + y) = f(x) + f(y). */
const linear: Rule = (at) => (all(at.given, 'sum') ? 'sum' : rowByRow(at));

/** Linear in one operand that is a sum, beside what is the same. */
const scaled: Rule = (at) => {
  if (!at.given.includes('sum')) return rowByRow(at);
  return at.given.filter((kind) => kind === 'sum').length === 1 && !at.given.includes('rows') ? 'sum' : undefined;
};

/** One operand, which may be rows that stay where they are, or a sum. */
const moved =
  (stays: (at: At) => boolean): Rule =>
  (at) => {
    if (all(at.given, 'sum')) return 'sum';
    return all(at.given, 'rows') && stays(at) ? 'rows' : undefined;
  };

const behindRows = ({ attributes }: At) => attributes.axis !== 0;
const axesOf = ({ attributes }: At) => attributes.axes as readonly number[];
const withinRows: Rule = (at) => (all(at.given, 'rows') && !axesOf(at).includes(0) ? 'rows' : undefined);
const lastAxis: Rule = (at) => (all(at.given, 'rows') && at.types[0]!.shape.length > 1 ? 'rows' : undefined);
const imageByImage: Rule = ({ given: [x, ...others] }) => (x === 'rows' && all(others, 'same') ? 'rows' : undefined);
const overImages: Rule = ({ given }) => (all(given, 'rows') ? 'sum' : undefined);
const eachImage: Rule = ({ given }) => (all(given, 'rows') ? 'rows' : undefined);

/** Ops whose rule is not that of elementwise work. An op that is neither elementwise nor here is not known to keep rows apart. */
const rules: Readonly<Record<string, Rule>> = {
  negate: linear,
  add: linear,
  subtract: linear,
  multiply: scaled,
  divide: (at) => (at.given[1] === 'sum' ? undefined : scaled(at)),
  cast(at) {
    // Counts stay counts; a number that becomes whole or a bool is rounded part by part.
    if (at.given[0] === 'sum') return at.types[0]!.dtype === 'int' && at.result.dtype === 'float' ? 'sum' : undefined;
    return rowByRow(at);
  },
  sum(at) {
    if (all(at.given, 'sum')) return 'sum';
    return axesOf(at).includes(0) ? 'sum' : 'rows';
  },
  mean: (at) => (all(at.given, 'sum') ? 'sum' : withinRows(at)),
  max: withinRows,
  min: withinRows,
  norm: withinRows,
  argmax: (at) => (at.given[0] === 'rows' && behindRows(at) ? 'rows' : undefined),
  topk: lastAxis,
  softmax: lastAxis,
  log_softmax: lastAxis,
  reshape: moved(({ result }) => result.shape[0] === 'batch'),
  transpose: moved(({ attributes }) => (attributes.permutation as readonly number[])[0] === 0),
  broadcast_to: moved(({ types: [x], result }) => x!.shape.length === result.shape.length),
  concat: moved(behindRows),
  slice: moved(behindRows),
  split: moved(behindRows),
  pad: moved(behindRows),
  one_hot: eachImage,
  gather(at) {
    const [x, indices] = at.given;
    if (x === 'same') return at.attributes.axis === 0 ? 'rows' : undefined;
    if (indices !== 'same') return undefined;
    return x === 'sum' ? 'sum' : behindRows(at) ? 'rows' : undefined;
  },
  scatter_add(at) {
    const [x, indices] = at.given;
    if (indices === 'rows') return x === 'rows' && at.attributes.axis === 0 ? 'sum' : undefined;
    return x === 'sum' ? 'sum' : behindRows(at) ? 'rows' : undefined;
  },
  matmul(at) {
    if (at.given.includes('sum')) return scaled(at);
    const [x, y] = at.types.map(({ shape }) => shape.length) as [number, number];
    const { transposeX, transposeY } = at.attributes as MatmulAttributes;
    const [first, second] = at.given;
    // Before the last two axes rows are multiplied one by one.
    if (Math.max(x, y) > 2) {
      const apart = (kind: AcrossRows | undefined, rank: number) => kind === 'same' || rank === Math.max(x, y);
      return apart(first, x) && apart(second, y) ? 'rows' : undefined;
    }
    if (second === 'same') return transposeX ? undefined : 'rows';
    return first === 'rows' && transposeX && !transposeY ? 'sum' : undefined;
  },
  outer_sum: overImages,
  conv2d: imageByImage,
  conv2d_input_gradient: imageByImage,
  conv2d_filter_gradient: overImages,
  max_pool2d: eachImage,
  max_pool2d_gradient: eachImage,
  average_pool2d: eachImage,
  average_pool2d_gradient: eachImage,
};
