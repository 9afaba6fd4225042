import { extents } from '../../ir/dims.js';
import type { Network } from '../../ir/graph.js';
import { rowDistribution, rowMean } from '../../losses/rows.js';
import { Builder, type Value } from '../../program/builder.js';
import { optimize } from '../../program/passes/index.js';
import type { Program } from '../../program/program.js';
import { type ObjectiveKeys, objectivesOf } from '../objectives.js';
import type { DistilSpec } from '../spec.js';
import { buildForward, declareInput, type Forward } from './forward.js';
import { lossKind } from './loss-kind.js';

/** What a step learns of a network that was trained before. */
export interface Distillation extends Pick<DistilSpec, 'weight' | 'temperature'> {
  /**
   * The teacher, where its forward pass is a part of the step: its parameters are state under `teacherName`, and so are those inputs that it cannot share
   * batch inputs. Absent: what it says of every row is the batch input `teacher:<output>`, as `teacherProgram` computes it.
   */
  readonly teacher?: Network;
}

/** What something of the teacher is called in a step: a parameter, an input, or what it says of an output. */
export function teacherName(name: string): string {
  return `teacher:${name}`;
}

/**
 * How far a student is from its teacher, for every row, [batch] (Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network, section 2, with T the
 * temperature). Both are given before their softmax or sigmoid where `probabilities` says that there is one:
 *
 * - softmax: T² · KL(softmax(teacher / T) ‖ softmax(student / T)), over the last axis; the mean over the axes before it. T² keeps the size of gradients, which fall with 1 / T².
 * - sigmoid: T² · the mean over the outputs of the same divergence of yes and no.
 * - else: the mean of the squared differences.
 */
export function apart(
  b: Builder,
  at: { readonly teacher: Value; readonly student: Value },
  probabilities: 'softmax' | 'sigmoid' | undefined,
  temperature: number,
): Value {
  if (!probabilities) return rowMean(b, b.square(b.subtract(at.student, at.teacher)));
  const [teacher, student] = [at.teacher, at.student].map((logits) => b.multiply(logits, 1 / temperature)) as [
    Value,
    Value,
  ];
  const square = temperature * temperature;
  if (probabilities === 'softmax') {
    const [wanted, found] = [b.logSoftmax(teacher), b.logSoftmax(student)];
    return b.multiply(rowDistribution(b, b.multiply(b.exp(wanted), b.subtract(wanted, found))), square);
  }
  // p (t − s) + softplus(s) − softplus(t): no logarithm of a rounded probability.
  const likely = b.multiply(b.sigmoid(teacher), b.subtract(teacher, student));
  return b.multiply(rowMean(b, b.add(likely, b.subtract(b.softplus(student), b.softplus(teacher)))), square);
}

/** What a teacher says of every output that is trained, by the output's name: what comes before the softmax or sigmoid that the loss speaks of, else the output. */
function sayings(network: Network, forward: Forward, phase: ObjectiveKeys): Map<string, Value> {
  const names = network.graph.outputs.map(({ name }) => name);
  return new Map(
    objectivesOf(phase, names).map(({ output, loss }) => {
      const { probabilities } = lossKind(loss);
      return [output, (probabilities ? forward.logits : forward.results).get(output)!];
    }),
  );
}

/** The teacher on rows, in inference mode: the results `teacher:<output>`. State: its parameters. */
export function teacherProgram(network: Network, phase: ObjectiveKeys): Program {
  const b = new Builder();
  const said = sayings(network, buildForward(b, network, 'inference'), phase);
  for (const [output, value] of said) b.result(teacherName(output), value);
  return optimize(b.build(`${network.graph.name} teacher`));
}

/** The inputs that a teacher reads for itself, because the student keeps fewer of their features. */
export function inputsOfTeacher(student: Network, teacher: Network): readonly string[] {
  const shapeOf = (network: Network, name: string) => extents(network.shapes.get(name)![0]!).join();
  return teacher.graph.inputs.filter((name) => shapeOf(student, name) !== shapeOf(teacher, name));
}

/** Writes what the teacher says of every output into a step; `inputs` are the student's. */
export function writeTeacher(
  b: Builder,
  student: Network,
  inputs: ReadonlyMap<string, Value>,
  phase: ObjectiveKeys,
  { teacher }: Distillation,
  shapeOf: (output: string) => readonly number[],
): ReadonlyMap<string, Value> {
  if (!teacher) {
    const names = student.graph.outputs.map(({ name }) => name);
    return new Map(
      objectivesOf(phase, names).map(({ output }) => [
        output,
        b.batch(teacherName(output), 'float', ['batch', ...shapeOf(output)]),
      ]),
    );
  }
  const own = inputsOfTeacher(student, teacher).map((name): [string, Value] => [
    name,
    declareInput(b, teacher, name, teacherName(name)),
  ]);
  const read = new Map([...inputs, ...own]);
  const forward = buildForward(b, teacher, 'inference', { stateOf: ({ name }) => teacherName(name), inputs: read });
  return sayings(teacher, forward, phase);
}
