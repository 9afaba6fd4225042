import type { Network, Param } from '../../ir/graph.js';
import { allParams } from '../../ir/graph.js';
import { extents } from '../../ir/dims.js';
import type { Call } from '../../ir/kind.js';
import { losses } from '../../losses/index.js';
import type { LossKind, TargetForm } from '../../losses/loss.js';
import { metrics } from '../../metrics/index.js';
import { confusion } from '../../metrics/confusion.js';
import type { MetricKind } from '../../metrics/metric.js';
import { optimizers } from '../../optimizers/index.js';
import type { OptimizerKind } from '../../optimizers/optimizer.js';
import { Builder, type Value } from '../../program/builder.js';
import { gradient } from '../../program/gradient.js';
import { optimize } from '../../program/passes/index.js';
import type { Extent, Program } from '../../program/program.js';
import { actsIn } from '../../sparsity/during.js';
import { methods } from '../../sparsity/index.js';
import type { Moment, Site, SparsityMethod } from '../../sparsity/method.js';
import { paramShape } from '../3-dims/index.js';
import type { PhaseSpec } from '../spec.js';
import { rowWeights } from './class-weights.js';
import { clipped } from './clipping.js';
import { buildForward, type Forward, trainedOutput } from './forward.js';

/** A stretch of training as the step program needs it. */
export interface Phase extends PhaseSpec {
  /** Whether it is the fine-tuning after simplifying: annotations act there only if they say so. */
  readonly finetune: boolean;
  /** What a row of each class counts, where the spec has `class_weight`: `classWeights` computes it. */
  readonly classWeights?: readonly number[];
}

/** The slot that holds the moving average of a parameter. */
export const AVERAGE = 'average';

/** The state that holds what is validated and saved: the average, where a phase keeps one. */
export function judgedState(param: Param, { ema_momentum }: Pick<PhaseSpec, 'ema_momentum'>): string {
  return ema_momentum !== undefined && param.trained ? `${param.name}:${AVERAGE}` : param.name;
}

/** A tensor that lives from step to step. */
export interface StateDecl {
  readonly name: string;
  readonly shape: readonly number[];
  /** The parameter itself, or the parameter that a slot belongs to. Slots start at zero. */
  readonly param: Param;
  readonly slot?: string;
}

export interface StepProgram {
  readonly program: Program;
  readonly state: readonly StateDecl[];
  /** Methods whose penalties are terms of the objective, in the order of their results `penalty:<method>`. */
  readonly penalties: readonly string[];
  readonly metrics: readonly MetricUse[];
  readonly target: { readonly output: string; readonly form: TargetForm };
  /** The scalar inputs of a step: `step` counts from 1 over the life of the slots, `stretchStep` over the stretch (absent: as `step`). */
  scalars(at: {
    readonly step: number;
    readonly stretchStep?: number;
    readonly learningRate: number;
    readonly rows: number;
  }): Readonly<Record<string, number>>;
}

/** A metric and the names of its sums, which are the results `metric:<name>:<sum>`. */
export interface MetricUse {
  /** Its keyword; with the arguments that are not its defaults where it is not the first of its keyword, `precision(class_id: 2)`. */
  readonly name: string;
  readonly kind: MetricKind;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly sums: readonly string[];
}

export interface EvaluationProgram {
  readonly program: Program;
  readonly metrics: readonly MetricUse[];
  readonly target: { readonly output: string; readonly form: TargetForm };
}

export function lossKind(call: Call): LossKind {
  return (losses as Readonly<Record<string, LossKind>>)[call.word]!;
}

export function metricKind(call: Call): MetricKind {
  return (metrics as Readonly<Record<string, MetricKind>>)[call.word]!;
}

export function optimizerKind(call: Call): OptimizerKind {
  return (optimizers as Readonly<Record<string, OptimizerKind>>)[call.word]!;
}

export function methodKind(call: Call): SparsityMethod {
  return (methods as Readonly<Record<string, SparsityMethod>>)[call.word]!;
}

/**
 * Stage 4: one training step as a pure function of batch, random masks, scalars and state.
 *
 * Results: `loss` (sum over the rows), `penalty:<method>` (each method's term of the objective, summed over its layers, before the update)
 * and `metric:<keyword>:<sum>` (sums over the rows). State: every parameter, and its slots as `<parameter>:<slot>`.
 */
export function stepProgram(network: Network, phase: Phase): StepProgram {
  const b = new Builder();
  const forward = buildForward(b, network, 'training');
  const target = declareTarget(b, network, phase.loss);
  const rowLoss = lossRows(b, network, forward, phase.loss, target.value);
  if (phase.class_weight !== undefined && !phase.classWeights)
    throw new Error('the weights of classes are not computed');
  const total = b.sum(
    phase.classWeights ? b.multiply(rowLoss, rowWeights(b, target.value, phase.classWeights)) : rowLoss,
  );
  b.result('loss', total);
  const uses = writeMetrics(b, network, forward, phase, target);

  const trained = allParams(network).filter((param) => param.trained);
  const parameters = trained.map((param) => forward.params.get(param.name)!);
  const dataGradients = gradient(b, b.multiply(total, b.scalar('inverse_rows')), parameters);

  const state: StateDecl[] = allParams(network).map((param) => ({ name: param.name, shape: paramShape(param), param }));
  const optimizer = optimizerKind(phase.optimizer);
  const args = phase.optimizer.arguments as never;
  const scalarNames = Object.keys(optimizer.scalars?.(args, { step: 1, learningRate: 0 }) ?? {});
  const penalties: string[] = [];

  b.inRegion('update', () => {
    const learningRate = b.scalar('learning_rate');
    const moments = momentsOf(network, phase, forward, learningRate);

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

    const scalars = Object.fromEntries(scalarNames.map((name) => [name, b.scalar(`optimizer.${name}`)]));
    trained.forEach((param, k) => {
      const parameter = parameters[k]!;
      const slots: Record<string, Value> = {};
      for (const slot of optimizer.slots(args)) {
        slots[slot] = b.state(`${param.name}:${slot}`, paramShape(param));
        state.push({ name: `${param.name}:${slot}`, shape: paramShape(param), param, slot });
      }
      const updated = optimizer.update(b, {
        arguments: args,
        parameter,
        gradient: gradients[k]!,
        learningRate,
        slots,
        scalars,
      });
      let next = updated.parameter;
      if (param.tensor === 'kernel') {
        for (const { method, moment } of moments) {
          if (moment.site.layer !== param.layer) continue;
          next = method.prox?.(b, { ...moment, kernel: next, diagonal: updated.diagonal })?.kernel ?? next;
        }
      }
      b.next(param.name, next);
      for (const [slot, value] of Object.entries(updated.slots)) b.next(`${param.name}:${slot}`, value);
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
    metrics: uses,
    target: target.declared,
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
 * The evaluation program: `loss` and metric sums over the rows of a batch in inference mode; every row counts once. Its state is the parameters, or
 * under the names that `stateOf` gives them.
 */
export function evaluationProgram(
  network: Network,
  phase: Pick<Phase, 'loss' | 'metrics'>,
  options: {
    readonly stateOf?: (param: Param) => string;
    /** Whether to count rows by their class and by the class that is predicted, as the result `confusion`. */
    readonly confusion?: boolean;
  } = {},
): EvaluationProgram {
  const b = new Builder();
  const forward = buildForward(b, network, 'inference', options.stateOf);
  const target = declareTarget(b, network, phase.loss);
  b.result('loss', b.sum(lossRows(b, network, forward, phase.loss, target.value)));
  const uses = writeMetrics(b, network, forward, phase, target);
  if (options.confusion && tellsClasses(network, phase.loss)) {
    const prediction = forward.values.get(target.declared.output)![0]!;
    const logits = missingActivation(phase.loss) !== undefined;
    b.result('confusion', confusion(b, { target: target.value, form: target.declared.form, prediction, logits }));
  }
  return { program: optimize(b.build(`${network.graph.name} evaluation`)), metrics: uses, target: target.declared };
}

/** Above this many classes, a table of all pairs says nothing to anyone. */
const MOST_CLASSES = 100;

/** Whether a row has one class, of not too many. */
function tellsClasses(network: Network, loss: Call): boolean {
  const shape = extents(network.shapes.get(trainedOutput(network).name)![0]!);
  const { probabilities } = lossKind(loss);
  if (shape.length !== 1 || shape[0]! > MOST_CLASSES) return false;
  return probabilities === 'softmax' || (probabilities === 'sigmoid' && shape[0] === 1);
}

interface Target {
  readonly value: Value;
  readonly declared: { readonly output: string; readonly form: TargetForm };
}

/** Declares the batch input `target:<output>`: int [batch] for classes, float in the output's shape for values. */
function declareTarget(b: Builder, network: Network, loss: Call): Target {
  const output = trainedOutput(network).name;
  const form = lossKind(loss).target;
  const shape: Extent[] = form === 'classes' ? ['batch'] : ['batch', ...extents(network.shapes.get(output)![0]!)];
  const value = b.batch(`target:${output}`, form === 'classes' ? 'int' : 'float', shape);
  return { value, declared: { output, form } };
}

function lossRows(b: Builder, network: Network, forward: Forward, loss: Call, target: Value): Value {
  const output = trainedOutput(network).name;
  const kind = lossKind(loss);
  const prediction = kind.probabilities ? forward.logits.get(output)! : forward.values.get(output)![0]!;
  return kind.rows(b, { arguments: loss.arguments as never, target, prediction });
}

function writeMetrics(
  b: Builder,
  network: Network,
  forward: Forward,
  phase: Pick<Phase, 'loss' | 'metrics'>,
  target: Target,
): MetricUse[] {
  const output = trainedOutput(network).name;
  return namedMetrics(phase.metrics).map(([name, call]) => {
    const kind = metricKind(call);
    const sums = kind.sums(b, {
      arguments: call.arguments as never,
      target: target.value,
      form: target.declared.form,
      prediction: forward.values.get(output)![0]!,
      logits: missingActivation(phase.loss),
    });
    for (const [sum, value] of Object.entries(sums)) b.result(`metric:${name}:${sum}`, value);
    return { name, kind, arguments: call.arguments, sums: Object.keys(sums) };
  });
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

interface Acting {
  readonly method: SparsityMethod;
  readonly moment: Moment<Readonly<Record<string, unknown>>>;
}

/** Every annotation that acts in the phase, in the order of layers and annotations. */
function momentsOf(network: Network, phase: Phase, forward: Forward, learningRate: Value): Acting[] {
  return network.graph.nodes.flatMap((node) =>
    node.annotations
      .filter((annotation) => actsIn(annotation.arguments.during as string | undefined, phase))
      .flatMap((annotation): Acting[] => {
        const site = siteOf(network, node.name);
        if (!site) return [];
        const own = network.params.get(node.name)!;
        return [
          {
            method: methodKind(annotation),
            moment: {
              arguments: annotation.arguments,
              site,
              kernel: forward.params.get(own.kernel!.name)!,
              bias: own.bias && forward.params.get(own.bias.name),
              learningRate,
              diagonal: undefined,
            },
          },
        ];
      }),
  );
}

/** The groups of a layer's kernel; undefined where it has none. */
export function siteOf(network: Network, layer: string): Site | undefined {
  const kernel = network.params.get(layer)?.kernel;
  if (!kernel) return undefined;
  const axesBut = (role: 'reads' | 'writes') => kernel.axes.flatMap((axis, k) => (axis.role === role ? [] : [k]));
  return { layer, kernelShape: paramShape(kernel), incoming: axesBut('writes'), outgoing: axesBut('reads') };
}
