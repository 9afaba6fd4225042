import { Dims, extents, type Dim, type Shape, type Unit } from '../../src/ir/dims.js';
import { axisExtent } from '../../src/ir/graph.js';
import type { Mode } from '../../src/ir/units.js';
import type { LayerKind, ParamDecl } from '../../src/layers/layer.js';
import { Builder, type Value } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import { type Program, sizeOf, type Tensor64 } from '../../src/program/program.js';
import { Random } from '../program/support.js';

/** Rows of the batch: two, so that a layer that mixes rows is noticed. */
const ROWS = 2;

/** What a trial needs to know beside the layer, its arguments and the extents of its inputs. */
export interface TrialOptions {
  /** Absent: `layer`. */
  readonly name?: string;
  /** Rows of the batch. Absent: two. */
  readonly rows?: number;
  /** The inputs hold whole numbers below this, such as indices. */
  readonly whole?: number;
  /** Which draw of the values it is. Absent: the first, 0. */
  readonly attempt?: number;
}

/** A layer by itself, with inputs of given extents: its shapes, and a program that gives its output and the gradients of a weighted sum of it. */
export interface Trial {
  readonly dims: Dims;
  readonly inputs: readonly Shape[];
  readonly outputs: readonly Shape[];
  readonly params: Readonly<Record<string, ParamDecl>>;
  /** What `shape` said does not fit. */
  readonly misfits: readonly string[];
  /** Results `output` (`output 1` and so on for further ones), `gradient:<tensor>` and `next:<tensor>`; inputs `input <k>`, the parameters, masks, and `upstream` for every output. */
  readonly program: Program;
  /** Values for everything that the program reads, `upstream` included. */
  readonly given: Readonly<Record<string, Tensor64>>;
  /** Tensors that have no gradient: inputs of whole numbers. */
  readonly whole: ReadonlySet<string>;
}

/** `output`, `output 1`, `output 2`: the first needs no number. */
function numbered(what: string, k: number): string {
  return k === 0 ? what : `${what} ${k}`;
}

/** Makes a trial. The values follow from the layer, its arguments, the attempt and the seed of the run. */
export function tryLayer(
  kind: LayerKind,
  args: Readonly<Record<string, unknown>>,
  inputExtents: readonly (readonly number[])[],
  mode: Mode,
  { name = 'layer', rows = ROWS, whole, attempt = 0 }: TrialOptions = {},
): Trial {
  const dims = new Dims();
  const misfits: string[] = [];
  const inputs = inputExtents.map((shape, k) => shape.map((extent) => dims.fresh(extent, `input${k}`)));
  const named = (part?: string) => (part === undefined ? name : `${name}.${part}`);
  const fresh = (size: number, part?: string) => dims.fresh(size, named(part));
  const outputs = kind.shape(args as never, {
    name,
    inputs,
    from: inputs.map((_, k) => `input${k}`),
    made: inputs.map(() => 'Input'),
    dims,
    fresh,
    stretch: (dim, positions, part) => dims.stretch(dim, positions, named(part)),
    misfit: (expected, found, help) => misfits.push(`${expected}; ${found}${help ? ` (${help})` : ''}`),
  });
  const params = kind.params?.(args as never, inputs, outputs, { name, dims, fresh }) ?? {};

  const random = new Random(`${kind.keyword} ${JSON.stringify([args, inputExtents, mode, attempt])}`);
  const numbers = (shape: readonly number[], draw = () => random.between(-1, 1)): Tensor64 => ({
    dtype: 'float',
    shape,
    data: Float64Array.from({ length: sizeOf(shape) }, draw),
  });
  const given: Record<string, Tensor64> = {
    inverse_rows: { dtype: 'float', shape: [], data: Float64Array.of(1 / rows) },
  };
  const b = new Builder();
  const values = inputs.map((shape, k) => {
    given[`input ${k}`] = numbers(
      [rows, ...extents(shape)],
      whole === undefined ? undefined : () => random.int(0, whole - 1),
    );
    return b.batch(`input ${k}`, 'float', ['batch', ...extents(shape)]);
  });
  // An Input's own value is what the program is given for it.
  const own = kind.inputs[1] === 0 ? outputs.slice(0, 1) : [];
  for (const shape of own) {
    given['input 0'] = numbers([rows, ...extents(shape)]);
    values.push(b.batch('input 0', 'float', ['batch', ...extents(shape)]));
  }
  const weights = Object.fromEntries(
    Object.entries(params).map(([tensor, { axes, trained }]): [string, Value] => {
      const shape = axes.map(axisExtent);
      given[tensor] = numbers(shape, trained === false ? () => positive(random) : undefined);
      return [tensor, b.state(tensor, shape)];
    }),
  );
  const updates = new Map<string, Value>();
  const results = kind.forward(b, {
    name,
    arguments: args as never,
    mode,
    inputs: values,
    params: weights,
    inputShapes: inputs,
    outputShapes: outputs,
    axesOf: (tensor) => params[tensor]!.axes.map((axis) => axis.dim),
    update: (tensor, next) => {
      updates.set(tensor, next);
    },
    random: (tensor, distribution, axes) => {
      const shape =
        typeof axes?.[0] === 'object'
          ? extents(axes as Shape)
          : extents(inputs[0]!).map((extent, k) => (!axes || (axes as readonly number[]).includes(k) ? extent : 1));
      const width = sizeOf(shape);
      const full = [rows, width];
      const draw = () =>
        distribution.kind === 'bernoulli' ? Number(random.next() < distribution.keep) : random.between(-1, 1);
      given[`random:${name}.${tensor}`] = {
        dtype: 'float',
        shape: full,
        data: Float64Array.from({ length: sizeOf(full) }, draw),
      };
      const units = Array.from({ length: width }, (_, k) => k);
      const drawn = b.random({ stream: `${name}.${tensor}`, distribution, units, width }, ['batch', width]);
      return b.reshape(drawn, ['batch', ...shape]);
    },
  });
  for (const [k, output] of results.entries()) b.result(numbered('output', k), output);
  for (const [tensor, next] of updates) b.result(`next:${tensor}`, next);
  const sums = results.map((output, k) => {
    const upstream = numbered('upstream', k);
    given[upstream] = numbers([rows, ...extents(outputs[k]!)]);
    return b.sum(b.multiply(output, b.batch(upstream, 'float', output.type.shape)));
  });
  const wholeInputs = new Set(whole === undefined ? [] : values.map((_, k) => `input ${k}`));
  const wrt = [...values.map((value, k) => [`input ${k}`, value] as const), ...Object.entries(weights)].filter(
    ([tensor]) => !wholeInputs.has(tensor),
  );
  const gradients = gradient(
    b,
    sums.reduce((total, sum) => b.add(total, sum)),
    wrt.map(([, value]) => value),
  );
  wrt.forEach(([tensor], k) => {
    b.result(`gradient:${tensor}`, gradients[k]!);
  });
  return { dims, inputs, outputs, params, misfits, program: b.build(kind.keyword), given, whole: wholeInputs };
}

/** A value of state that gradients do not move: variances and counts are positive. */
export function positive(random: Random): number {
  return random.between(0.5, 1.5);
}

/** The value of one output, the first if none is named. */
export function outputOf(
  { program, given }: Trial,
  changed: Readonly<Record<string, Tensor64>> = {},
  output = 0,
): Tensor64 {
  return evaluate(program, { ...given, ...changed }).results[numbered('output', output)]!;
}

/** The tensors whose gradients a trial gives. */
export function variablesOf({ program }: Trial): string[] {
  return program.outputs.flatMap(({ name }) => (name.startsWith('gradient:') ? [name.slice('gradient:'.length)] : []));
}

/** The largest error of the gradients against central differences, relative to the largest gradient. */
export function gradientError(trial: Trial): number {
  const [STEP, LONG] = [1e-6, 1e-4];
  const { results } = evaluate(trial.program, trial.given);
  const total = (changed: Record<string, Tensor64>) => {
    const { results: values } = evaluate(trial.program, { ...trial.given, ...changed });
    return trial.outputs.reduce((sum, _, output) => {
      const upstream = trial.given[numbered('upstream', output)]!.data;
      return values[numbered('output', output)]!.data.reduce((part, value, k) => part + value * upstream[k]!, sum);
    }, 0);
  };
  let worst = 0;
  let largest = 1e-3;
  for (const tensor of variablesOf(trial)) {
    const found = results[`gradient:${tensor}`]!.data;
    const at = trial.given[tensor]!;
    for (let k = 0; k < at.data.length; k++) {
      const moved = (by: number) => {
        const data = at.data.slice();
        data[k]! += by;
        return { [tensor]: { ...at, data } };
      };
      const central = (step: number) => (total(moved(step)) - total(moved(-step))) / (2 * step);
      const wanted = central(STEP);
      let error = Math.abs(wanted - found[k]!);
      // Over a short step rounding hides the slope of a nearly flat place; over a long one, of fourth order, it does not, but a corner may lie on the way.
      if (error > 1e-10) error = Math.min(error, Math.abs((4 * central(LONG) - central(2 * LONG)) / 3 - found[k]!));
      // A corner that lies within the short step is passed by with a tiny one.
      if (error > 1e-6) error = Math.min(error, Math.abs(central(1e-9) - found[k]!));
      worst = Math.max(worst, error);
      largest = Math.max(largest, Math.abs(wanted));
    }
  }
  return worst / largest;
}

/** Where elements start from and where they go: far enough to cross every threshold near 0, in both directions. */
const STARTS = ['drawn', -2, 2] as const;
const MOVES = [-5, 0.5, 5];
/** The same for state, which is positive. */
const POSITIVE_STARTS = ['drawn'] as const;
const POSITIVE_MOVES = [0.5, 5];

/**
 * For every element of the output, the elements of a tensor that it depends on: a non-zero entry of the float64 Jacobian, or another output
 * after a large move, at the values drawn and with all of the tensor below and above 0. There, what one element alone decides (a
 * largest sign, say) is seen, which at drawn values the others may hide.
 */
function dependencies(
  trial: Trial,
  tensor: string,
  output: number,
  starts?: readonly ('drawn' | number)[],
): ReadonlySet<number>[] {
  const drawn = trial.given[tensor]!;
  const found = Array.from(outputOf(trial, {}, output).data, () => new Set<number>());
  const upstreams = Object.fromEntries(
    trial.outputs.map((_, k) => {
      const upstream = trial.given[numbered('upstream', k)]!;
      return [numbered('upstream', k), { ...upstream, data: new Float64Array(upstream.data.length) }];
    }),
  );
  const isState = trial.params[tensor]?.trained === false;
  for (const start of starts ?? (isState ? POSITIVE_STARTS : STARTS)) {
    const at = start === 'drawn' ? drawn : { ...drawn, data: drawn.data.map((value) => start + value / 2) };
    const before = outputOf(trial, { [tensor]: at }, output);
    // Row by row of the Jacobian, by reverse mode.
    for (let k = 0; k < before.data.length; k++) {
      const data = new Float64Array(before.data.length);
      data[k] = 1;
      const upstream = { [numbered('upstream', output)]: { ...before, data } };
      const given = { ...trial.given, ...upstreams, ...upstream, [tensor]: at };
      evaluate(trial.program, given).results[`gradient:${tensor}`]!.data.forEach((entry, i) => {
        if (entry !== 0) found[k]!.add(i);
      });
    }
    for (let i = 0; i < at.data.length; i++)
      for (const move of isState ? POSITIVE_MOVES : MOVES) {
        const data = at.data.slice();
        data[i]! += move;
        outputOf(trial, { [tensor]: { ...at, data } }, output).data.forEach((value, k) => {
          if (value !== before.data[k]) found[k]!.add(i);
        });
      }
  }
  return found;
}

/**
 * Where the layer's claim to be unit-wise does not hold, in words; empty if it does. For a Dim that it claims, an element of the output at
 * unit j may depend on an element of an input or a parameter that carries this Dim only where that one is at unit j, too. A unit that is made of others
 * (Flatten) is at each of its components. Rows of the batch must not mix, unless `rowsMix` says that they may. What a unit hands on to others through weights from
 * step to step is told by these weights: they are 0 but for each unit's own here.
 */
export function brokenClaims(
  kind: LayerKind,
  args: Readonly<Record<string, unknown>>,
  drawn: Trial,
  rowsMix = false,
): string[] {
  const recurs = (tensor: string) => isRecurrent(drawn.params[tensor]);
  const trial = { ...drawn, given: { ...drawn.given } };
  for (const [tensor, at] of Object.entries(drawn.given)) if (recurs(tensor)) trial.given[tensor] = ownOnly(at);
  const { dims, inputs, outputs, params } = trial;
  const claimed = (kind.unitwise?.(args as never, inputs, outputs) ?? []).filter((dim) => dim.units.length > 1);
  const broken = new Set<string>();
  const variables = [
    ...inputs.map((shape, k) => ({ tensor: `input ${k}`, axes: shape, batch: true })),
    ...Object.entries(params).map(([tensor, { axes }]) => ({
      tensor,
      axes: axes.map((axis) =>
        axis.role === 'reads' && recurs(tensor)
          ? { units: axis.dim.units.map(() => -1) }
          : // Of an axis that stands for several blocks of units, those of the first one.
            { units: axis.dim.units.slice(0, axisExtent(axis)) },
      ),
      batch: false,
    })),
  ];
  const uses = variables
    .filter(({ tensor }) => !trial.whole.has(tensor))
    .flatMap((variable) => outputs.map((shape, output) => ({ ...variable, shape, output })));
  for (const { tensor, axes, batch, shape, output } of uses) {
    const elements = elementsOf(dims, axes);
    const outputElements = elementsOf(dims, shape);
    const carried = claimed.filter((dim) => carries(dims, axes, dim));
    dependencies(trial, tensor, output, recurs(tensor) ? ['drawn'] : undefined).forEach((sources, k) => {
      for (const i of sources) {
        if (batch && !rowsMix && Math.floor(k / outputElements.length) !== Math.floor(i / elements.length))
          broken.add(`${tensor}: rows of the batch mix`);
        const [to, from] = [outputElements[k % outputElements.length]!, elements[i % elements.length]!];
        for (const dim of carried) {
          const at = (units: ReadonlySet<Unit>) =>
            dim.units.flatMap((unit, j) => (units.has(dims.find(unit)) ? [j] : []));
          const [into, out] = [at(to), at(from)];
          if (String(into) !== String(out))
            broken.add(`${tensor}: unit ${into.join(', ') || 'none'} of the output depends on unit ${out.join(', ')}`);
        }
      }
    });
  }
  return [...broken];
}

/** Whether a parameter reads the units that it writes. */
function isRecurrent(param: ParamDecl | undefined): boolean {
  const dimsOf = (role: string) => param?.axes.filter((axis) => axis.role === role).map(({ dim }) => dim) ?? [];
  return dimsOf('reads').some((dim) => dimsOf('writes').includes(dim));
}

/** A recurrent kernel [units, .., units] in which every unit reads itself alone. */
function ownOnly(kernel: Tensor64): Tensor64 {
  const units = kernel.shape.at(-1)!;
  const perRow = kernel.data.length / kernel.shape[0]!;
  return { ...kernel, data: kernel.data.map((value, k) => (Math.floor(k / perRow) === k % units ? value : 0)) };
}

function carries(dims: Dims, axes: Shape, dim: Dim): boolean {
  const wanted = new Set(dim.units.map((unit) => dims.find(unit)));
  return axes.some((axis) => axis.units.some((unit) => closure(dims, unit).some((one) => wanted.has(one))));
}

/** For every element of one row, the units that it is at. */
function elementsOf(dims: Dims, shape: Shape): ReadonlySet<Unit>[] {
  let elements: Unit[][] = [[]];
  for (const axis of shape)
    elements = elements.flatMap((units) => axis.units.map((unit) => [...units, ...closure(dims, unit)]));
  return elements.map((units) => new Set(units));
}

/** The unit and everything that it is made of. */
function closure(dims: Dims, unit: Unit): Unit[] {
  return [dims.find(unit), ...dims.componentsOf(unit).flatMap((part) => closure(dims, part))];
}
