import { extents } from '../../ir/dims.js';
import { type Network, nodeOf } from '../../ir/graph.js';
import { type InputRanges, type Ranges, unbounded } from '../../ir/ranges.js';
import { featuresRead } from '../../layers/keep.js';
import { evaluate, evaluateInstruction } from '../../program/evaluate.js';
import { type Program, sizeOf, type Tensor64, type ValueId } from '../../program/program.js';
import { multiplyAdds } from '../3-dims/index.js';
import { forwardProgram } from '../4-program/index.js';
import type { Shares } from '../spec.js';
import { drawProbe, type Features, type Probe, probeRows } from './probe.js';
import type { ConstantWithin, LinearWithin } from './ranges.js';
import type { Reasons } from './reasons.js';
import type { ShrinkResult } from './shrink.js';
import { tensors64, type Values, type ValuesExact } from './values.js';

/** Bounds, `limits` in docs/run-folder.md, section 3: norm-wise, max |Δ| / max(max |y|, tiny). */
export const FLOAT64_LIMIT = 1e-12;
export const FLOAT32_LIMIT = 1e-5;
const TINY = 1e-30;

/** How far two networks are apart on a batch of rows, before a final softmax or sigmoid. */
export interface Difference {
  readonly probe: Probe;
  /** By output, norm-wise. float64: folded values not yet rounded, checks the mathematics. float32: weights as stored. */
  readonly outputs: Readonly<Record<string, { readonly float64: number; readonly float32: number }>>;
  /** The largest over the outputs. */
  readonly float64: number;
  readonly float32: number;
}

/** A file with what it holds. */
export interface HashedFile {
  readonly file: string;
  readonly sha256: string;
}

/**
 * What `certificate.json` holds: that removing dead units left the function alone. `before` is the network of full size after cutting, so cutting
 * by importance is no part of it. Format 1.
 */
export interface Certificate extends Reasons {
  readonly format: 1;
  readonly tool: string;
  readonly equivalent: boolean;
  /** `sets`: the `--set` values under which the text was compiled. */
  readonly before: { readonly spec: HashedFile & { readonly sets?: readonly string[] }; readonly weights: HashedFile };
  readonly after: { readonly spec: HashedFile; readonly weights: HashedFile };
  readonly probe: Probe;
  readonly limits: { readonly float64: number; readonly float32: number };
  readonly difference: { readonly float64: number; readonly float32: number };
  readonly outputs: Difference['outputs'];
  /** Absent: the removal is exact for all rows. Else for those within the ranges of the inputs alone. */
  readonly within?: CertifiedRanges;
  /** The size that was aimed at: the threshold that cut the network `before`, the shares of it that were wanted, and those that `after` has. */
  readonly target?: { readonly threshold: number; readonly at_most: Shares; readonly left: Shares };
}

/** What the removal of units rests on that would fire for other rows. */
export interface CertifiedRanges {
  /** By input. What is not named may be anything. */
  readonly inputs: Readonly<Record<string, readonly FeatureRange[]>>;
  /** Units that are one number within the ranges: at 0 they can never fire. */
  readonly constant: readonly ConstantWithin[];
  /** Relu units that hand on whatever they are given there. Nothing was done about them. */
  readonly linear: readonly LinearWithin[];
}

/** What features of a row's last axis lie in, from the first to the last of them. `features` absent: all. */
export interface FeatureRange {
  readonly features?: readonly [first: number, last: number];
  readonly low: number;
  readonly high: number;
}

/** What a certificate says of ranges; undefined where no unit is constant because of them. */
export function certifiedRanges(within: ShrinkResult['within']): CertifiedRanges | undefined {
  if (!within || within.constant.length === 0) return undefined;
  const { constant, linear } = within;
  const inputs = Object.entries(within.ranges).map(([input, ranges]) => [input, featureRanges(ranges)] as const);
  return { inputs: Object.fromEntries(inputs.filter(([, runs]) => runs.length > 0)), constant, linear };
}

/** Neighbouring features with the same range as one; those that may be anything are left out. */
function featureRanges({ low, high }: Ranges): readonly FeatureRange[] {
  const runs: (FeatureRange & { readonly features: readonly [number, number] })[] = [];
  low.forEach((least, feature) => {
    const most = high[feature]!;
    if (!Number.isFinite(least) || !Number.isFinite(most)) return;
    const run = runs.at(-1);
    const goesOn = run && run.features[1] === feature - 1 && run.low === least && run.high === most;
    if (goesOn) runs.pop();
    runs.push({ features: [goesOn ? run.features[0] : feature, feature], low: least, high: most });
  });
  return runs.map(({ features, ...range }) =>
    features[0] === 0 && features[1] === low.length - 1 ? range : { features, ...range },
  );
}

/** The ranges of the inputs, for people: `image in [0, 1]`; empty where nothing is said of any. */
export function rangesText({ inputs }: CertifiedRanges): string {
  return Object.entries(inputs)
    .map(([input, ranges]) => {
      const told = ranges.slice(0, MOST_RANGES).map(({ features, low, high }) => {
        const which = features ? ` ${features[0]}${features[0] === features[1] ? '' : `..${features[1]}`}` : '';
        return `${input}${which} in [${low}, ${high}]`;
      });
      return [...told, ...(ranges.length > MOST_RANGES ? ['…'] : [])].join(', ');
    })
    .join(', ');
}

/** As many stretches of features as a line has room for. */
const MOST_RANGES = 3;

/** Units that are constant within ranges, for people, a line for each layer and value. */
export function constantsText(within: CertifiedRanges): readonly string[] {
  const ranges = rangesText(within);
  const inside = ranges === '' ? '' : ` for ${ranges}`;
  return within.constant.map(({ layer, value, indices }) => {
    const units = `${indices.length.toLocaleString('en')} ${indices.length === 1 ? 'unit' : 'units'} of ${layer}`;
    if (value === 0) return `${units} can never fire${inside}`;
    return `${units} ${indices.length === 1 ? 'is' : 'are'} always ${Number(value.toPrecision(6))}${inside}`;
  });
}

/** The ranges that a certificate names, of the inputs of the network before. */
export function rangesOfCertificate({ within }: Certificate, { graph }: Network): InputRanges | undefined {
  if (!within) return undefined;
  return Object.fromEntries(
    Object.entries(within.inputs).map(([input, given]): [string, Ranges] => {
      const ranges = unbounded((nodeOf(graph, input).arguments.shape as readonly number[]).at(-1) ?? 1);
      for (const { features: [first, last] = [0, ranges.low.length - 1], low, high } of given) {
        ranges.low.fill(low, first, last + 1);
        ranges.high.fill(high, first, last + 1);
      }
      return [input, ranges];
    }),
  );
}

/** How far `measureDifference` is. */
export interface EvaluationProgress {
  readonly rows: number;
  /** Evaluations of a network that are done, and that there are. */
  readonly done: number;
  readonly of: number;
  /** Multiply-adds of all of them together. */
  readonly work: number;
}

/** Compares the cut network of full size with the shrunk one on drawn rows, which look like the training rows where `features` says how these do. */
export function measureDifference(
  full: { readonly network: Network; readonly values: Values },
  shrunk: { readonly network: Network; readonly values: Values; readonly exact: ReadonlyMap<string, Float64Array> },
  options: {
    readonly seed: number;
    readonly features?: Features | undefined;
    readonly rows?: number;
    /** The rows stay within these. */
    readonly ranges?: InputRanges | undefined;
    /** Told before each of the evaluations: what is evaluated, on how many rows, how many are done, and how many multiply-adds all take together. */
    readonly progress?: (at: EvaluationProgress) => void;
  },
): Difference {
  const widths = rawWidths(full.network);
  const count = options.rows ?? probeRows(costOf(full.network));
  const { probe, rows } = drawProbe(widths, options.seed, options.features, count, options.ranges);
  const unrounded = new Map<string, Float32Array | Float64Array>([...shrunk.values, ...shrunk.exact]);
  const work = 2 * probe.rows * (multiplyAdds(full.network) + multiplyAdds(shrunk.network));
  let done = 0;
  const run = (network: Network, values: ValuesExact, float32: boolean) => {
    options.progress?.({ rows: probe.rows, done: done++, of: 4, work });
    return logits(network, values, inputsOf(network, rows, widths, probe.rows), float32);
  };
  const [full64, full32] = [run(full.network, full.values, false), run(full.network, full.values, true)];
  const [exact, stored] = [run(shrunk.network, unrounded, false), run(shrunk.network, shrunk.values, true)];
  const outputs = Object.fromEntries(
    full.network.graph.outputs.map(({ name }) => [
      name,
      {
        float64: normWise(full64[name]!.data, exact[name]!.data),
        float32: normWise(full32[name]!.data, stored[name]!.data),
      },
    ]),
  );
  const largest = (of: 'float64' | 'float32') => Math.max(...Object.values(outputs).map((output) => output[of]));
  return {
    probe,
    outputs,
    float64: largest('float64'),
    float32: largest('float32'),
  };
}

/** Whether a difference is within the bounds; NaN is not. */
export function isEquivalent({ float64, float32 }: Pick<Difference, 'float64' | 'float32'>): boolean {
  return float64 <= FLOAT64_LIMIT && float32 <= FLOAT32_LIMIT;
}

/** The certificate, once the texts and weights that it speaks of are written and hashed. */
export function certificate(
  tool: string,
  difference: Difference,
  files: Pick<Certificate, 'before' | 'after'>,
  also: {
    readonly reasons?: Reasons;
    readonly within?: CertifiedRanges | undefined;
    readonly target?: Certificate['target'] | undefined;
  } = {},
): Certificate {
  return {
    format: 1,
    tool,
    equivalent: isEquivalent(difference),
    before: files.before,
    after: files.after,
    probe: difference.probe,
    limits: { float64: FLOAT64_LIMIT, float32: FLOAT32_LIMIT },
    difference: { float64: difference.float64, float32: difference.float32 },
    outputs: difference.outputs,
    ...also.reasons,
    ...(also.within && { within: also.within }),
    ...(also.target && { target: also.target }),
  };
}

/** max |Δ| / max(max |y|, tiny), y being the reference. NaN where either holds one. */
export function normWise(reference: ArrayLike<number>, other: ArrayLike<number>): number {
  if (reference.length !== other.length) throw new Error('outputs of different sizes');
  let largest = 0;
  let scale = TINY;
  for (let k = 0; k < reference.length; k++) {
    const apart = Math.abs(reference[k]! - other[k]!);
    largest = Math.max(largest, apart);
    scale = Math.max(scale, Math.abs(reference[k]!));
  }
  return largest / scale;
}

/** Features of a whole row, by input, before `keep`. */
function rawWidths(network: Network): Readonly<Record<string, number>> {
  return Object.fromEntries(
    network.graph.nodes
      .filter((node) => network.graph.inputs.includes(node.name))
      .map((node) => [node.name, sizeOf(node.arguments.shape as readonly number[])]),
  );
}

/** What one row of a network takes: multiply-adds, and the numbers of all outputs of its layers. */
function costOf(network: Network): { readonly multiplyAdds: number; readonly numbers: number } {
  const numbers = [...network.shapes.values()].flat().reduce((sum, shape) => sum + sizeOf(extents(shape)), 0);
  return { multiplyAdds: multiplyAdds(network), numbers };
}

/** The rows as a network reads them: an Input with `keep` takes those features. */
function inputsOf(
  network: Network,
  rows: Readonly<Record<string, Float32Array>>,
  widths: Readonly<Record<string, number>>,
  count: number,
): Record<string, Tensor64> {
  return Object.fromEntries(
    network.graph.nodes
      .filter((node) => network.graph.inputs.includes(node.name))
      .map((node) => {
        const width = widths[node.name]!;
        const { indices, extents: read } = featuresRead(node.arguments);
        const data = indices
          ? Float64Array.from({ length: count * indices.length }, (_, k) => {
              const row = Math.floor(k / indices.length);
              return rows[node.name]![row * width + indices[k % indices.length]!]!;
            })
          : Float64Array.from(rows[node.name]!);
        const shape = [count, ...read];
        return [node.name, { dtype: 'float', shape, data }];
      }),
  );
}

function logits(
  network: Network,
  values: ValuesExact,
  inputs: Record<string, Tensor64>,
  float32: boolean,
): Readonly<Record<string, Tensor64>> {
  const program = forwardProgram(network, { mode: 'inference', logits: true });
  const given = { ...inputs, ...tensors64(network, values) };
  return float32 ? evaluateRounded(program, given) : evaluate(program, given).results;
}

/** Runs a program with every result rounded to float32, as an engine that adds up in more bits than it stores. */
export function evaluateRounded(
  program: Program,
  inputs: Readonly<Record<string, Tensor64>>,
): Readonly<Record<string, Tensor64>> {
  const values = new Map<ValueId, Tensor64>();
  let batch: number | undefined;
  for (const { name, value } of program.inputs) {
    values.set(value, inputs[name]!);
    const axis = program.values[value]!.shape.indexOf('batch');
    if (axis >= 0) batch ??= inputs[name]!.shape[axis];
  }
  for (const instruction of program.instructions) {
    const types = instruction.outputs.map((id) => program.values[id]!);
    const read = instruction.inputs.map((id) => values.get(id)!);
    evaluateInstruction(instruction, read, types, batch).forEach((tensor, k) => {
      const rounded = tensor.dtype === 'float' ? { ...tensor, data: tensor.data.map(Math.fround) } : tensor;
      values.set(instruction.outputs[k]!, rounded);
    });
  }
  return Object.fromEntries(program.outputs.map(({ name, value }) => [name, values.get(value)!]));
}
