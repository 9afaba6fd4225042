import { classWeights, stepProgram } from '../../src/compiler/4-program/index.js';
import type { StepProgram } from '../../src/compiler/4-program/step.js';
import { type Objective, objectivesOf } from '../../src/compiler/objectives.js';
import type { PhaseSpec } from '../../src/compiler/spec.js';
import type { optimizers } from '../../src/optimizers/index.js';
import { scheduledValue } from '../../src/runtime/training/learning-rate.js';
import type { HostTensor } from '../../src/program/program.js';
import { sizeOf } from '../../src/program/program.js';
import { type Arguments, casesOf, floats, ints, oneHot, wave, waveClasses } from './numbers.js';
import { lower, spelled } from './support.js';

/** A run of some steps that Keras, PyTorch and dnc all make from one state; common.py reads the same. */
export interface StepCase {
  readonly name: string;
  readonly optimizer: keyof typeof optimizers;
  /** Keras alone has it as dnc does. */
  readonly only?: 'keras';
  /** Further keys of the train section. */
  readonly train?: Readonly<
    Pick<Partial<PhaseSpec>, 'clip_value' | 'clip_norm' | 'global_clip_norm' | 'class_weight' | 'ema_momentum'>
  >;
  readonly arguments?: Arguments;
  readonly learning_rate: number;
  readonly schedule?: 'cosine';
  readonly penalties: Readonly<Partial<Record<'li' | 'lo' | 'l1' | 'l2', number>>>;
  /** l1 and l2 take the biases, too. */
  readonly bias?: boolean;
  /** A row of the first kernel and a column of the second start at zero, and the row's feature is always zero. */
  readonly dead?: boolean;
  /** Every seventh batch has fewer rows. */
  readonly short?: boolean;
  readonly loss?: 'huber' | 'mean_squared_error' | 'categorical_crossentropy' | 'binary_crossentropy';
  readonly hidden?: 'tanh';
  readonly output?: 'softmax' | 'sigmoid';
}

/** What an oracle computed: mean loss and penalty of every step before its update, and the parameters after the last one, kernel before bias. */
export interface StepVector {
  readonly loss: number[];
  readonly penalty: number[];
  readonly parameters: number[][];
}

export const section = casesOf<{
  readonly widths: readonly number[];
  readonly rows: number;
  readonly lastRows: number;
  readonly steps: number;
  readonly cases: readonly StepCase[];
}>('steps');

const { widths, steps } = section;

/** The case as a spec. */
export function specOf(one: StepCase): string {
  const { li, lo, l1, l2 } = one.penalties;
  const annotations = [
    ...(li || lo ? [`@dropneuron(li: ${li ?? 0}, lo: ${lo ?? 0}, solver: gradient)`] : []),
    ...(l1 ? [`@l1(${l1}${one.bias ? ', bias: true' : ''})`] : []),
    ...(l2 ? [`@l2(${l2}${one.bias ? ', bias: true' : ''})`] : []),
  ];
  const layers = widths.slice(1).map((units, at) => {
    const activation = at === widths.length - 2 ? (one.output ?? 'linear') : (one.hidden ?? 'relu');
    return `  fc${at + 1} = Dense(${units}, activation: ${activation})`;
  });
  return `
model Parity ${annotations.join(' ')} {
  x = Input(${widths[0]})
${layers.join('\n')}
}
data { source: sparse_regression(seed: 1) }
train {
  loss: ${one.loss ?? 'sparse_categorical_crossentropy(from_logits: true)'}
  optimizer: ${one.optimizer}(${spelled({ learning_rate: one.learning_rate, ...one.arguments })})
  batch_size: ${section.rows}
  epochs: 1
${Object.entries(one.train ?? {})
  .map(([key, value]) => `  ${key}: ${typeof value === 'object' ? mapText(value) : value}`)
  .join('\n')}
}
`;
}

function mapText(map: object): string {
  return `{ ${Object.entries(map)
    .map(([key, value]) => `"${key}": ${value}`)
    .join('; ')} }`;
}

/** The case's step program, lowered from its spec. */
export function programOf(one: StepCase): StepProgram {
  const { spec, network } = lower(specOf(one));
  const phase = spec.train.phases[0]!;
  const [{ output, class_weight }] = objectivesOf(
    phase,
    network.graph.outputs.map(({ name }) => name),
  ) as [Objective];
  return stepProgram(network, {
    ...phase,
    finetune: false,
    ...(class_weight && { classWeights: { [output]: classWeights(class_weight, widths.at(-1)!, () => []) } }),
  });
}

/** The names of the parameters in the order of `StepVector.parameters`. */
export const parameterNames = widths.slice(1).flatMap((_, at) => [`fc${at + 1}.kernel`, `fc${at + 1}.bias`]);

/** What the vectors hold at the end, in their order: the parameters, or their averages where the case has some. */
export function judgedNames(one: StepCase): string[] {
  return parameterNames.map((name) => (one.train?.ema_momentum === undefined ? name : `${name}:average`));
}

/** The state that all start from; slots are zero. */
export function stateOf(one: StepCase, step: StepProgram): Record<string, HostTensor> {
  return Object.fromEntries(
    step.state.map(({ name, shape, slot }) => {
      const data = new Array<number>(sizeOf(shape)).fill(0);
      if (slot !== undefined) return [name, floats(shape, data)];
      const layer = Math.floor(parameterNames.indexOf(name) / 2);
      if (shape.length === 1)
        return [
          name,
          floats(
            shape,
            wave(sizeOf(shape), 200 + layer).map((x) => 0.25 * x),
          ),
        ];
      const columns = shape[1]!;
      const kernel = wave(sizeOf(shape), 100 + layer).map((x, at) => {
        const isDead =
          one.dead && ((layer === 0 && Math.floor(at / columns) === 3) || (layer === 1 && at % columns === 2));
        return isDead ? 0 : 0.75 * x;
      });
      return [name, floats(shape, kernel)];
    }),
  );
}

/** Batch, target and scalars of step `at` (from 0). The scalars are float64 numbers; engines round them. */
export function inputsOf(one: StepCase, step: StepProgram, at: number) {
  const rows = one.short && at % 7 === 6 ? section.lastRows : section.rows;
  const features = widths[0]!;
  const classes = widths.at(-1)!;
  const x = wave(rows * features, 1000 + at).map((value, k) => (one.dead && k % features === 3 ? 0 : value));
  const labels = waveClasses(rows, 2000 + at, classes);
  const values = wave(rows * classes, 2000 + at);
  const target = {
    sparse_categorical_crossentropy: () => ints(labels),
    categorical_crossentropy: () => floats([rows, classes], oneHot(labels, classes)),
    huber: () => floats([rows, classes], values),
    mean_squared_error: () => floats([rows, classes], values),
    binary_crossentropy: () =>
      floats(
        [rows, classes],
        values.map((value) => (value > 0 ? 1 : 0)),
      ),
  }[one.loss ?? 'sparse_categorical_crossentropy']();
  const learningRate =
    one.schedule === 'cosine'
      ? scheduledValue(
          { word: 'cosine', arguments: { initial_learning_rate: one.learning_rate, alpha: 0 } },
          { step: at, steps, stepsPerEpoch: steps },
        )
      : one.learning_rate;
  return {
    rows,
    batch: { x: floats([rows, features], x), [`target:${step.targets[0]!.output}`]: target },
    scalars: step.scalars({ step: at + 1, learningRate, rows }),
  };
}
