import { placeOf } from '../../compiler/checks/check.js';
import { strangeClass } from '../../compiler/checks/class-weight-fits.js';
import { keyOf, stretchesOf, trainedOutputs } from '../../compiler/checks/outputs.js';
import { classCount, lossKind, metricKind } from '../../compiler/4-program/index.js';
import { judgedMetric, metricOf } from '../../compiler/monitored.js';
import { endsOf, objectivesOf } from '../../compiler/objectives.js';
import type { Spec } from '../../compiler/spec.js';
import { type BoundTable, targetOf } from '../../data/bind.js';
import { findField } from '../../data/columns.js';
import { keyText } from '../../data/csv/table.js';
import { spreadOf } from '../../data/feature-statistics.js';
import type { Field, Table } from '../../data/source.js';
import { heldNumbers } from '../../data/row-memory.js';
import { RowCursor } from '../../data/stored-rows.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { diagnostic, fail } from '../../diagnostics/report.js';
import type { Span } from '../../diagnostics/source.js';
import { type Network, placeOf as placeOfNode } from '../../ir/graph.js';
import type { Call } from '../../ir/kind.js';
import { firstUnfit, shares, type TargetValues } from '../../losses/target-values.js';

/**
 * Refuses weights of classes that no row can have. Names of classes are known for certain once the rows are read.
 *
 * @throws Failure class-weight-class
 */
export function refuseStrangeClasses(
  spec: Pick<Spec, 'train' | 'simplify'>,
  network: Network,
  { tensors }: BoundTable,
): void {
  for (const phase of stretchesOf(spec))
    for (const { output, shape, objective } of trainedOutputs(network, phase)) {
      const target = tensors.find(({ name }) => name === `target:${output.name}`);
      if (objective.class_weight === undefined || !target) continue;
      const wrong = strangeClass(objective.class_weight, classCount(shape.at(-1) ?? 1), target.labels);
      const at = placeOf(spec, phase, keyOf(phase, 'class_weight', output.name));
      if (wrong) fail('class-weight-class', wrong.details, { at, help: wrong.help });
    }
}

/**
 * Refuses targets whose numbers a loss or a metric of any stretch does not take: a price under `binary_crossentropy` or `accuracy`. Class numbers fit
 * all of them. Numbers that a loss reads as probabilities are classes to any metric.
 *
 * @throws Failure target-out-of-range, metric-target
 */
export function refuseUnfitTargets(
  spec: Pick<Spec, 'data' | 'model' | 'train' | 'simplify'>,
  table: Pick<Table, 'target' | 'rows'>,
  { rows, tensors }: BoundTable,
): void {
  const metric = judgedMetric(spec.simplify);
  const { outputs } = endsOf(spec.model);
  for (const output of outputs) {
    const target = tensors.find(({ name, data }) => name === `target:${output}` && !(data instanceof Int32Array));
    if (!target) continue;
    const looked = new Map<TargetValues, ReturnType<typeof firstUnfit>>();
    const field = targetOf(output, outputs, spec.data, table) ?? output;
    const unfit = (takes: TargetValues | undefined) => {
      if (!takes) return undefined;
      const cursor = new RowCursor(target);
      const seek = (row: number) => cursor.seek(row);
      if (!looked.has(takes)) looked.set(takes, firstUnfit(takes, { ...target, seek }, rows));
      return looked.get(takes);
    };
    const shown = (value: number) => String(Number(value.toPrecision(6)));
    const help = (value: number) =>
      value < 0 ? ['if the column is standardized, `columns { … number(standardize: false) }` leaves it as it is'] : [];
    const refuseMetric = (loss: Call, word: string, at: Span | undefined) => {
      // What the loss takes for probabilities, a metric may take for classes that are more or less there.
      if (lossKind(loss).takes === shares) return;
      const found = unfit(metricKind({ word, arguments: {} }).takes);
      if (!found) return;
      const where = `row ${found.row.toLocaleString('en')} of ${field} is ${shown(found.value)}`;
      fail(
        'metric-target',
        { metric: word, loss: loss.word, found: where },
        { at, help: ['for numbers: `metrics: [mae]`, `mse` or `nmse`'] },
      );
    };
    const stretches = stretchesOf(spec).flatMap((phase) =>
      objectivesOf(phase, outputs).flatMap((objective) => (objective.output === output ? [{ phase, objective }] : [])),
    );
    for (const { phase, objective } of stretches) {
      const { loss, metrics } = objective;
      const kind = lossKind(loss);
      const found = unfit(kind.takes);
      if (found && kind.takes) {
        const details = { field, row: found.row, value: shown(found.value), loss: loss.word };
        fail(
          'target-out-of-range',
          { ...details, expected: kind.takes.expected },
          { at: placeOf(spec, phase, keyOf(phase, 'loss', output)), help: help(found.value) },
        );
      }
      for (const [k, { word }] of metrics.entries())
        refuseMetric(loss, word, placeOf(spec, phase, keyOf(phase, `metrics/${k}`, output)));
    }
    const searched = metric === undefined ? undefined : metricOf(metric);
    const last = spec.train.phases.at(-1)!;
    const judged = objectivesOf(last, outputs).find((one) => one.output === output);
    if (searched && searched.word !== 'loss' && judged && (searched.output ?? output) === output)
      refuseMetric(judged.loss, searched.word, undefined);
  }
}

/**
 * How many classes a field has: those that its source names or counts, else those up to the largest of its class numbers. Undefined where neither tells.
 *
 * @param tables rows of the same source
 */
export function classesHeld(
  field: Pick<Field, 'name' | 'classes' | 'labels'>,
  tables: readonly Pick<Table, 'rows' | 'fields' | 'selection'>[],
): number | undefined {
  const known = field.labels?.length ?? field.classes;
  if (known !== undefined) return known;
  let largest = -1;
  for (const { rows, fields, selection } of tables) {
    const own = findField(fields, field.name);
    const labels = own && heldNumbers(own, 'what is to be predicted');
    for (let row = 0; labels && row < rows; row++)
      largest = Math.max(largest, labels[selection ? selection[row]! : row]!);
  }
  return largest < 0 ? undefined : largest + 1;
}

/** Warns of outputs with units for classes that no row can have. They are trained like any other, and learn never to be chosen. */
export function unusedClasses(
  spec: Pick<Spec, 'data' | 'train' | 'simplify'>,
  network: Network,
  tables: readonly (Pick<Table, 'rows' | 'target' | 'selection'> & { readonly fields: readonly Field[] })[],
): Diagnostic[] {
  const names = network.graph.outputs.map(({ name }) => name);
  const [first] = tables;
  const found = new Map<string, Diagnostic>();
  for (const phase of stretchesOf(spec))
    for (const { output, node, shape, objective } of trainedOutputs(network, phase)) {
      const wanted = first && targetOf(output.name, names, spec.data, first);
      const field = wanted === undefined ? undefined : findField(first!.fields, wanted);
      const units = classCount(shape.at(-1) ?? 1);
      if (field?.form !== 'classes' || lossKind(objective.loss).target !== 'classes' || found.has(output.name))
        continue;
      const classes = classesHeld(field, tables);
      if (classes === undefined || classes >= units) continue;
      const details = { output: output.name, units, field: field.name, classes, labels: field.labels };
      const help = [
        `a unit for every class: write ${node.kind === 'Dense' ? `Dense(${classes})` : `${classes} units`}`,
      ];
      found.set(output.name, diagnostic('units-without-class', details, { ...placeOfNode(node), help }));
    }
  return [...found.values()];
}

/** Targets with a mean or a standard deviation from here on are far from where outputs start: near 0, with about 1 between the rows. */
const FAR = 1000;

/**
 * Warns of targets of numbers that are far from 1 as the network reads them, under a loss that grows with the distance from them. A network that ends in a layer that scales, or starts
 * its bias elsewhere, has been told how large they are.
 *
 * @param train the training rows
 * @param bind gives them as the network reads them; it is asked only where there is such a loss
 */
export function farTargets(
  spec: Pick<Spec, 'data' | 'train'>,
  network: Network,
  train: Table,
  bind: () => BoundTable,
): Diagnostic[] {
  const [phase] = spec.train.phases;
  if (!phase) return [];
  const outputs = network.graph.outputs.map(({ name }) => name);
  return trainedOutputs(network, phase).flatMap(({ output, node, objective }) => {
    const bias = node.arguments.bias_initializer as Call | undefined;
    const isToldSize = node.kind === 'Rescaling' || bias?.word === 'constant';
    if (!lossKind(objective.loss).distance || isToldSize) return [];
    const { rows, tensors } = bind();
    const target = tensors.find(({ name, data }) => name === `target:${output.name}` && !(data instanceof Int32Array));
    if (!target) return [];
    const { mean, deviation } = spreadOf(target, rows);
    if (!(Math.abs(mean) >= FAR || deviation >= FAR)) return [];
    const field = targetOf(output.name, outputs, spec.data, train) ?? output.name;
    const shown = (value: number) => Number(value.toPrecision(4)).toLocaleString('en', { maximumSignificantDigits: 4 });
    return [
      diagnostic(
        'target-far-from-one',
        { field, mean: shown(mean), deviation: shown(deviation), loss: objective.loss.word },
        {
          at: placeOf(spec, phase, keyOf(phase, 'loss', output.name)),
          help: [`standardize it: \`columns { ${keyText(field)}: number(standardize: true) }\` in the data section`],
        },
      ),
    ];
  });
}
