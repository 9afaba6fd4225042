import type { Network, Param } from '../../ir/graph.js';
import { allParams, nodeOf, outputShape } from '../../ir/graph.js';
import { activations } from '../../activations/index.js';
import { extents } from '../../ir/dims.js';
import type { Call } from '../../ir/kind.js';
import type { LossKind, TargetForm } from '../../losses/loss.js';
import { layerKind } from '../../layers/index.js';
import { metrics } from '../../metrics/index.js';
import { confusion } from '../../metrics/confusion.js';
import type { MetricKind } from '../../metrics/metric.js';
import { optimizers } from '../../optimizers/index.js';
import type { OptimizerKind } from '../../optimizers/optimizer.js';
import { Builder, type Value } from '../../program/builder.js';
import { gradient } from '../../program/gradient.js';
import { optimize } from '../../program/passes/index.js';
import type { Program } from '../../program/program.js';
import type { Moment, SparsityMethod } from '../../sparsity/method.js';
import { paramShape } from '../3-dims/index.js';
import { type Objective, type ObjectiveKeys, objectivesOf, prefixOf } from '../objectives.js';
import type { PhaseSpec } from '../spec.js';
import { biasOverKernel, biasUnitAxes, kernelsOf } from './kernels.js';
import { rowWeights } from './class-weights.js';
import { clipped } from './clipping.js';
import { apart, type Distillation, writeTeacher } from './distillation.js';
import { buildForward, declareInput, type Forward } from './forward.js';
import { lossKind } from './loss-kind.js';
import { actingSites, HeldZeros, inShape, Masks, type MethodSite, type OwnTensor, type When } from './methods.js';

/** A stretch of training as the step program needs it. */
export interface Phase extends PhaseSpec, When {
  /** What a row of each class counts, by output, where the spec has `class_weight`: `classWeights` computes it. */
  readonly classWeights?: Readonly<Record<string, readonly number[]>>;
  /** The network that was trained before, where this one is to do as it does. */
  readonly distil?: Distillation;
}

/** The slot that holds the moving average of a parameter. */
const AVERAGE = 'average';

/** The state that holds the moving average of a parameter, where a phase keeps one. */
export function averageOf(param: string): string {
  return `${param}:${AVERAGE}`;
}

/** The state that holds what is validated and saved: the average, where a phase keeps one. */
export function judgedState(param: Param, { ema_momentum }: Pick<PhaseSpec, 'ema_momentum'>): string {
  return ema_momentum !== undefined && param.trained ? averageOf(param.name) : param.name;
}

/** A tensor that lives from step to step. */
export interface StateDecl {
  readonly name: string;
  readonly shape: readonly number[];
  /** The parameter itself, or the parameter that a slot belongs to; a method's own tensor is one like others. Slots start at zero. */
  readonly param: Param;
  readonly slot?: string;
  /** What a method's own tensor starts from. Absent: it is none. */
  readonly start?: number;
}

export interface StepProgram {
  readonly program: Program;
  readonly state: readonly StateDecl[];
  /** Methods whose penalties are terms of the objective, in the order of their results `penalty:<method>`. */
  readonly penalties: readonly string[];
  /** The outputs whose losses are results of their own, `loss:<output>`: all of several, none where there is one. */
  readonly losses: readonly string[];
  readonly metrics: readonly MetricUse[];
  readonly targets: readonly DeclaredTarget[];
  /** The scalar inputs of a step: `step` counts from 1 over the life of the slots, `stretchStep` over the stretch (absent: as `step`). */
  scalars(at: {
    readonly step: number;
    readonly stretchStep?: number;
    readonly learningRate: number;
    readonly rows: number;
  }): Readonly<Record<string, number>>;
}

/** What the rows are to hold for an output: the batch input `target:<output>`. */
export interface DeclaredTarget {
  readonly output: string;
  readonly form: TargetForm;
}

/** A metric and the names of its sums, which are the results `metric:<name>:<sum>`. */
export interface MetricUse {
  /**
   * Its keyword; with the arguments that are not its defaults where it is not the first of its keyword, `precision(class_id: 2)`. Of several outputs
   * behind the output's name, `price_mae`.
   */
  readonly name: string;
  readonly kind: MetricKind;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly sums: readonly string[];
}

export interface EvaluationProgram {
  readonly program: Program;
  /** As of a step program. */
  readonly losses: readonly string[];
  readonly metrics: readonly MetricUse[];
  readonly targets: readonly DeclaredTarget[];
  /** The outputs whose rows are counted by class and prediction, as the results `confusion:<output>`. */
  readonly confusions: readonly string[];
}

export function metricKind(call: Call): MetricKind {
  return (metrics as Readonly<Record<string, MetricKind>>)[call.word]!;
}

export function optimizerKind(call: Call): OptimizerKind {
  return (optimizers as Readonly<Record<string, OptimizerKind>>)[call.word]!;
}

/**
 * Stage 4: one training step as a pure function of batch, random masks, scalars and state.
 *
 * Results: `loss` (sum over the rows, and over the outputs by their weights), of several outputs `loss:<output>` (without the weight), `penalty:<method>`
 * (each method's term of the objective, summed over its layers, before the update) and `metric:<name>:<sum>` (sums over the rows). State: every
 * parameter, and its slots as `<parameter>:<slot>`. Parameters that no gradient moves keep their values, or get those that their layer gives them. With
 * `distil` a loss is (1 − weight) · loss + weight · how far the output is from the teacher's; a teacher in the step keeps its parameters, which are state that `state` does not name.
 */
export function stepProgram(network: Network, phase: Phase): StepProgram {
  const b = new Builder();
  const masks = new Masks(b, network, actingSites(network, phase), 'training');
  const { distil } = phase;
  // A teacher in the step reads the same batch.
  const inputs = distil?.teacher && new Map(network.graph.inputs.map((name) => [name, declareInput(b, network, name)]));
  const forward = buildForward(b, network, 'training', { masks, inputs });
  const outputs = declareTargets(b, network, forward, phase);
  const shapes = new Map(outputs.map(({ name, shape }) => [name, shape]));
  const said = distil && writeTeacher(b, network, inputs ?? new Map(), phase, distil, (output) => shapes.get(output)!);
  const { total, losses: lossNames } = writeLosses(b, outputs, (output, rows) => {
    const weights = phase.classWeights?.[output.name];
    if (output.objective.class_weight !== undefined && !weights)
      throw new Error('the weights of classes are not computed');
    const own = weights ? b.multiply(rows, rowWeights(b, output.target, weights)) : rows;
    if (!distil) return own;
    // The weights of classes are about what the targets say.
    const { probabilities } = lossKind(output.objective.loss);
    const at = { teacher: said!.get(output.name)!, student: probabilities ? output.logits : output.prediction };
    const learned = b.multiply(apart(b, at, probabilities, distil.temperature), distil.weight);
    return distil.weight === 1 ? learned : b.add(b.multiply(own, 1 - distil.weight), learned);
  });
  const uses = writeMetrics(b, outputs);
  for (const [name, next] of forward.updates) b.next(name, next);

  const own = masks.sites.flatMap(({ tensors }) => Object.values(tensors));
  const trained = [...allParams(network), ...own.map(({ param }) => param)].filter((param) => param.trained);
  const ownOf = new Map(own.map((tensor): [string, OwnTensor] => [tensor.param.name, tensor]));
  const parameters = trained.map(({ name }) =>
    ownOf.has(name) ? masks.state(ownOf.get(name)!) : forward.params.get(name)!,
  );
  const dataGradients = gradient(b, b.multiply(total, b.scalar('inverse_rows')), parameters);

  const state: StateDecl[] = [
    ...allParams(network).map((param) => ({ name: param.name, shape: paramShape(param), param })),
    ...own.map(({ param, start }) => ({ name: param.name, shape: paramShape(param), param, start })),
  ];
  const optimizer = optimizerKind(phase.optimizer);
  const args = phase.optimizer.arguments as never;
  const scalarNames = Object.keys(optimizer.scalars?.(args, { step: 1, learningRate: 0 }) ?? {});
  const penalties: string[] = [];

  b.inRegion('update', () => {
    const learningRate = b.scalar('learning_rate');
    const moments = momentsOf(b, masks, forward, learningRate);

    // The objective's terms, one result per method; those that act by their gradient add to the gradients.
    const terms = new Map<string, Value>();
    let differentiated: Value | undefined;
    for (const { method, moment } of moments) {
      const term = method.penalty?.(b, moment);
      if (!term) continue;
      const sum = terms.get(method.keyword);
      terms.set(method.keyword, sum ? b.add(sum, term) : term);
      if (method.differentiated?.(moment.arguments) ?? true)
        differentiated = differentiated ? b.add(differentiated, term) : term;
    }
    for (const [keyword, term] of terms) {
      penalties.push(keyword);
      b.result(`penalty:${keyword}`, term);
    }
    const penaltyGradients = differentiated ? gradient(b, differentiated, parameters) : undefined;

    const gradients = clipped(
      b,
      parameters.map((_, k) => (penaltyGradients ? b.add(dataGradients[k]!, penaltyGradients[k]!) : dataGradients[k]!)),
      phase,
    );

    const zeros = new HeldZeros(network, phase);
    const scalars = Object.fromEntries(scalarNames.map((name) => [name, b.scalar(`optimizer.${name}`)]));
    const updates = new Map<string, Updated>();
    const updateOf = (param: Param): Updated => {
      const known = updates.get(param.name);
      if (known) return known;
      const k = trained.findIndex(({ name }) => name === param.name);
      const slots: Record<string, Value> = {};
      for (const slot of optimizer.slots(args)) {
        slots[slot] = b.state(`${param.name}:${slot}`, paramShape(param));
        state.push({ name: `${param.name}:${slot}`, shape: paramShape(param), param, slot });
      }
      const updated = optimizer.update(b, {
        arguments: args,
        parameter: parameters[k]!,
        gradient: gradients[k]!,
        learningRate,
        slots,
        scalars,
      });
      updates.set(param.name, updated);
      return updated;
    };

    /** Parameters after the optimizer and the proximal steps so far. */
    const moved = new Map<string, Value>();
    const movedOf = (param: Param) => moved.get(param.name) ?? updateOf(param).parameter;
    for (const param of trained) {
      moved.set(param.name, movedOf(param));
      for (const acting of moments) {
        const { param: kernel, bias } = acting.site.kernel;
        if (kernel.name !== param.name || !acting.method.prox) continue;
        const after = acting.method.prox(b, momentAfterUpdate(b, acting, movedOf, updateOf));
        if (after) moved.set(param.name, inShape(b, after.kernel, paramShape(param)));
        if (after?.bias && bias) moved.set(bias.name, inShape(b, after.bias, paramShape(bias)));
      }
    }

    trained.forEach((param, k) => {
      const parameter = parameters[k]!;
      let next = movedOf(param);
      if (zeros.keeps(param)) next = b.select(b.equal(parameter, 0), 0, next);
      const without = unitsWithoutWeights(b, network, param, zeros, forward);
      if (without) next = b.select(b.and(without, b.equal(parameter, 0)), 0, next);
      b.next(param.name, next);
      for (const [slot, value] of Object.entries(updateOf(param).slots)) b.next(`${param.name}:${slot}`, value);
      if (phase.ema_momentum !== undefined) {
        const name = judgedState(param, phase);
        const average = b.state(name, paramShape(param));
        state.push({ name, shape: paramShape(param), param, slot: AVERAGE });
        b.next(name, nextAverage(b, average, next));
      }
    });
  });

  return {
    program: optimize(b.build(`${network.graph.name} step (${phase.name})`)),
    state,
    penalties,
    losses: lossNames,
    metrics: uses,
    targets: outputs.map(declared),
    scalars: ({ step, stretchStep = step, learningRate, rows }) => {
      const own = optimizer.scalars?.(args, { step, learningRate }) ?? {};
      return {
        learning_rate: learningRate,
        inverse_rows: 1 / rows,
        // An average begins with the first weights that the stretch makes (Keras, BaseOptimizer).
        ...(phase.ema_momentum !== undefined && { ema_momentum: stretchStep === 1 ? 0 : phase.ema_momentum }),
        ...Object.fromEntries(Object.entries(own).map(([name, value]) => [`optimizer.${name}`, value])),
      };
    },
  };
}

/** Which numbers of a bias belong to units that stay away with it: whose weights are all 0. Undefined: the bias is free. */
function unitsWithoutWeights(
  b: Builder,
  network: Network,
  bias: Param,
  zeros: HeldZeros,
  { params }: Forward,
): Value | undefined {
  const holders = zeros.kernelsOfUnits(bias);
  if (holders.length === 0) return undefined;
  const units = biasUnitAxes(network, bias);
  return holders.reduce<Value | undefined>((all, { param, site }) => {
    const kernel = inShape(b, params.get(param.name)!, site.kernelShape);
    const none = b.equal(b.sum(b.abs(kernel), site.incoming), 0);
    const spread = b.reshape(
      none,
      paramShape(bias).map((extent, axis) => (units.includes(axis) ? extent : 1)),
    );
    return all ? b.and(all, spread) : spread;
  }, undefined);
}

/**
 * The average after a step: m · average + (1 − m) · weight, as Keras' use_ema. The average of a weight that is exactly 0 is 0, so that what a proximal step
 * drops is dropped from it, too; without one no weight stays at 0.
 */
function nextAverage(b: Builder, average: Value, weight: Value): Value {
  const momentum = b.scalar('ema_momentum');
  const next = b.add(b.multiply(average, momentum), b.multiply(weight, b.subtract(1, momentum)));
  return b.select(b.equal(weight, 0), 0, next);
}

/**
 * The evaluation program: losses and metric sums over the rows of a batch in inference mode, named as in a step program; every row counts once. Its
 * state is the parameters, or under the names that `stateOf` gives them.
 */
export function evaluationProgram(
  network: Network,
  phase: Judging,
  options: {
    readonly stateOf?: (param: Param) => string;
    /** The stretch whose sparsity methods act. Absent: none does. */
    readonly acting?: When;
    /** Whether to count rows by their class and by the class that is predicted, as the results `confusion:<output>`. */
    readonly confusion?: boolean;
  } = {},
): EvaluationProgram {
  const b = new Builder();
  const { stateOf, acting } = options;
  const masks = acting && new Masks(b, network, actingSites(network, acting), 'inference', stateOf);
  const forward = buildForward(b, network, 'inference', { stateOf, masks });
  const outputs = declareTargets(b, network, forward, phase);
  const { losses: lossNames } = writeLosses(b, outputs);
  const uses = writeMetrics(b, outputs);
  const counted = options.confusion ? outputs.filter(tellsClasses) : [];
  for (const { name, target, form, prediction, objective } of counted) {
    const logits = missingActivation(objective.loss) !== undefined;
    b.result(`confusion:${name}`, confusion(b, { target, form, prediction, logits }));
  }
  return {
    program: optimize(b.build(`${network.graph.name} evaluation`)),
    losses: lossNames,
    metrics: uses,
    targets: outputs.map(declared),
    confusions: counted.map(({ name }) => name),
  };
}

/** What a sample is of. */
export type Sampled = 'reads' | 'writes' | 'gradients' | 'summands';

/**
 * What a layer reads, what it writes, the gradient of the mean loss with respect to what it writes, or, of a layer that is a sum, what it multiplies with the weights of a
 * unit at every place, on rows of the data in inference mode: the result `sample`, [rows, ..]. State: the parameters.
 */
export function sampleProgram(network: Network, phase: Judging, layer: string, what: Sampled): Program {
  const b = new Builder();
  const forward = buildForward(b, network, 'inference');
  const written = forward.values.get(layer)![0]!;
  const { node, output } = nodeOf(network.graph, layer).inputs[0]!;
  const read = forward.values.get(node)![output]!;
  if (what === 'reads') b.result('sample', read);
  else if (what === 'summands') b.result('sample', summands(b, network, layer, read));
  else if (what === 'writes') b.result('sample', written);
  else {
    const { total } = writeLosses(b, declareTargets(b, network, forward, phase));
    b.result('sample', gradient(b, b.multiply(total, b.scalar('inverse_rows')), [written])[0]!);
  }
  return optimize(b.build(`${network.graph.name} ${what} of ${layer}`));
}

/** What a layer would write with a unit for each weight that its units have, which is 1 there and 0 elsewhere, and no activation. */
function summands(b: Builder, network: Network, layer: string, read: Value): Value {
  const node = nodeOf(network.graph, layer);
  const [kernel] = kernelsOf(network, layer);
  const own = paramShape(kernel!.param).slice(0, -1);
  if (own.length === 1) return read;
  const weights = own.reduce((product, extent) => product * extent, 1);
  const identity = new Float64Array(weights * weights);
  for (let k = 0; k < weights; k++) identity[k * (weights + 1)] = 1;
  const [from] = node.inputs;
  const [written] = layerKind(node.kind).forward(b, {
    name: layer,
    arguments: { ...node.arguments, activation: { word: activations.linear.keyword, arguments: {} } } as never,
    mode: 'inference',
    inputs: [read],
    params: { kernel: b.constant(identity, [...own, weights]) },
    inputShapes: [network.shapes.get(from!.node)![from!.output]!],
    outputShapes: network.shapes.get(layer)!,
    axesOf: () => kernel!.param.axes.map(({ dim }) => dim),
    update: () => {
      throw new Error(`${layer} is no sum`);
    },
    random: () => {
      throw new Error(`${layer} is no sum`);
    },
  });
  return written!;
}

/** What an evaluation reads of a phase. */
export type Judging = Pick<Phase, 'loss' | 'losses' | 'loss_weights' | 'metrics'>;

/** Above this many classes, a table of all pairs says nothing to anyone. */
const MOST_CLASSES = 100;

/** Whether a row has one class, of not too many. */
function tellsClasses({ shape, objective }: TrainedOutput): boolean {
  const { probabilities } = lossKind(objective.loss);
  if (shape.length !== 1 || shape[0]! > MOST_CLASSES) return false;
  return probabilities === 'softmax' || (probabilities === 'sigmoid' && shape[0] === 1);
}

/** An output with what it is trained for. */
interface TrainedOutput {
  readonly name: string;
  readonly objective: Objective;
  /** Before its names: nothing where it is the only output. */
  readonly prefix: string;
  readonly shape: readonly number[];
  readonly target: Value;
  readonly form: TargetForm;
  readonly prediction: Value;
  readonly logits: Value;
}

function declared({ name, form }: TrainedOutput): DeclaredTarget {
  return { output: name, form };
}

/** Declares the batch input `target:<output>` of every output: int [batch] for classes, float in the output's shape for values. */
function declareTargets(b: Builder, network: Network, forward: Forward, phase: ObjectiveKeys): TrainedOutput[] {
  const names = network.graph.outputs.map(({ name }) => name);
  return objectivesOf(phase, names).map((objective) => {
    const name = objective.output;
    const shape = extents(outputShape(network, network.graph.outputs.find((output) => output.name === name)!));
    const form = lossKind(objective.loss).target;
    const target = b.batch(
      `target:${name}`,
      form === 'classes' ? 'int' : 'float',
      form === 'classes' ? ['batch'] : ['batch', ...shape],
    );
    const [prediction, logits] = [forward.results.get(name)!, forward.logits.get(name)!];
    return { name, objective, prefix: prefixOf(name, names), shape, target, form, prediction, logits };
  });
}

/** The losses as results, each a sum over the rows; `total` is what they come to by their weights. */
function writeLosses(
  b: Builder,
  outputs: readonly TrainedOutput[],
  weighted: (output: TrainedOutput, rows: Value) => Value = (_, rows) => rows,
): { readonly total: Value; readonly losses: readonly string[] } {
  const sums = outputs.map((output) => {
    const { loss } = output.objective;
    const kind = lossKind(loss);
    const prediction = kind.probabilities ? output.logits : output.prediction;
    const rows = kind.rows(b, { arguments: loss.arguments as never, target: output.target, prediction });
    return b.sum(weighted(output, rows));
  });
  const total = sums
    .map((sum, k) => (outputs[k]!.objective.weight === 1 ? sum : b.multiply(sum, outputs[k]!.objective.weight)))
    .reduce((all, sum) => b.add(all, sum));
  b.result('loss', total);
  const own = outputs.filter(({ prefix }) => prefix !== '');
  outputs.forEach(({ name, prefix }, k) => {
    if (prefix !== '') b.result(`loss:${name}`, sums[k]!);
  });
  return { total, losses: own.map(({ name }) => name) };
}

function writeMetrics(b: Builder, outputs: readonly TrainedOutput[]): MetricUse[] {
  return outputs.flatMap(({ objective, prefix, target, form, prediction }) =>
    namedMetrics(objective.metrics).map(([own, call]) => {
      const name = `${prefix}${own}`;
      const kind = metricKind(call);
      const logits = missingActivation(objective.loss);
      const sums = kind.sums(b, { arguments: call.arguments as never, target, form, prediction, logits });
      for (const [sum, value] of Object.entries(sums)) b.result(`metric:${name}:${sum}`, value);
      return { name, kind, arguments: call.arguments, sums: Object.keys(sums) };
    }),
  );
}

/** What would make probabilities of the output of a network that is trained with a loss of logits. */
function missingActivation(loss: Call): LossKind['probabilities'] {
  return loss.arguments.from_logits === true ? lossKind(loss).probabilities : undefined;
}

/** Every metric once, by the name of its results. */
function namedMetrics(calls: readonly Call[]): [name: string, call: Call][] {
  const named = new Map<string, Call>();
  for (const call of calls) {
    const { keyword, schema } = metricKind(call);
    const properties = schema.properties as Readonly<Record<string, { readonly default?: unknown }>>;
    const given = Object.entries(call.arguments).filter(([key, value]) => value !== properties[key]?.default);
    const full = `${keyword}(${given.map(([key, value]) => `${key}: ${value}`).join(', ')})`;
    const same = [...named.values()].some((one) => JSON.stringify(one) === JSON.stringify(call));
    if (!same) named.set(named.has(keyword) ? full : keyword, call);
  }
  return [...named];
}

/** What an optimizer makes of a parameter. */
type Updated = ReturnType<OptimizerKind['update']>;

interface Acting {
  readonly method: SparsityMethod;
  readonly site: MethodSite;
  readonly moment: Moment<Readonly<Record<string, unknown>>>;
}

/** Every annotation that acts at every kernel, in the order of layers and annotations. */
function momentsOf(b: Builder, masks: Masks, forward: Forward, learningRate: Value): Acting[] {
  return masks.sites.map((site): Acting => {
    const { param, bias, site: kernelSite } = site.kernel;
    return {
      method: site.method,
      site,
      moment: {
        arguments: site.annotation.arguments,
        site: kernelSite,
        kernel: inShape(b, forward.params.get(param.name)!, kernelSite.kernelShape),
        bias: bias && forward.params.get(bias.name),
        biasShape: bias && biasOverKernel(site.kernel, bias),
        tensors: masks.tensorsOf(site),
        learningRate,
        diagonal: undefined,
      },
    };
  });
}

/** The moment of a proximal step: kernel, and the bias where it is asked for, as the optimizer and earlier proximal steps leave them. */
function momentAfterUpdate(
  b: Builder,
  { moment, site: { kernel } }: Acting,
  movedOf: (param: Param) => Value,
  updateOf: (param: Param) => Updated,
): Acting['moment'] {
  const { param, bias, site } = kernel;
  const { diagonal } = updateOf(param);
  return {
    ...moment,
    kernel: inShape(b, movedOf(param), site.kernelShape),
    diagonal: diagonal && inShape(b, diagonal, site.kernelShape),
    get bias() {
      return bias && movedOf(bias);
    },
    get biasDiagonal() {
      return bias && updateOf(bias).diagonal;
    },
  };
}
