import type { Call, Duration, Kind, RegistryName } from '../../ir/kind.js';
import type {
  DataSpec,
  Endpoint,
  LayerSpec,
  PhaseSpec,
  Shares,
  SimplifySpec,
  Spec,
  TargetSpec,
  Threshold,
  TrainSpec,
} from '../spec.js';
import { data as dataSection, optionalKeys, phase as phaseSection } from '../sections.js';
import { type AugmentChoices, isList as isAugmentList } from '../../data/augment.js';
import { percentText } from '../../dsl/numbers.js';
import { isList } from '../objectives.js';
import { findWord } from '../vocabulary.js';
import { type ArgumentSchema, schemaOf } from './expected.js';

/** A spec before its hash is known. */
export type Unhashed = Omit<Spec, 'hash'>;

/** Lines are broken at list items beyond this column. */
const WIDTH = 100;

/**
 * The whole spec as text, every argument written: no `let`s, no model-wide annotations, no comments. Reading it again gives the same text. Equal
 * specs give equal texts whatever their layout, so its hash is the spec's. `shapeOf` gives the shape of an `Input` that takes it from the data;
 * without it such an input stays without.
 */
export function printResolved(written: Unhashed, shapeOf?: (input: string) => readonly number[] | undefined): string {
  const spec = withFullNames(written);
  const parts = [
    'dnc 1',
    printModel(spec, shapeOf),
    section('data', printData(spec.data)),
    section('train', printTrain(spec.train)),
    section('simplify', printSimplify(spec.simplify)),
  ];
  if (spec.weights) parts.push(`weights: ${fileText(spec.weights)}`);
  if (spec.origin) {
    const { spec: before, threshold, target, max_difference, within } = spec.origin;
    parts.push(
      section('origin', [
        `spec: ${fileText(before)}`,
        `threshold: ${thresholdText(threshold)}`,
        ...(target ? [section('target', shareLines(target))] : []),
        ...(max_difference === undefined ? [] : [`max_difference: ${numberText(max_difference)}`]),
        ...(within === undefined ? [] : [`within: ${JSON.stringify(within)}`]),
      ]),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

function section(name: string, lines: readonly string[]): string {
  return `${name} {\n${indent(lines)}\n}`;
}

function indent(lines: readonly string[]): string {
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line) => `  ${line}`)
    .join('\n');
}

/** Keys that hold something of every output, by its name. */
const BY_OUTPUT = ['targets', 'losses', 'loss_weights', 'metrics', 'class_weight'];
/** Keys that name a loss or a metric, of one output perhaps: `val_price_loss`. */
const QUANTITIES = ['monitor', 'metric'];

/** The spec with its outputs called as they are where blocks are written out: `label` is `label.dense_1` where it was a block use. */
function withFullNames(spec: Unhashed): Unhashed {
  const layers = new Map(spec.model.layers.map((layer) => [layer.name, layer]));
  const full = new Map(spec.model.outputs.map((output) => [output.name, endpointName(output, layers)]));
  if ([...full].every(([name, other]) => name === other)) return spec;
  const quantity = (text: string) => {
    const [, on = '', rest = ''] = /^(val_)?(.*)$/.exec(text)!;
    const name = [...full.keys()].find((output) => rest.startsWith(`${output}_`));
    return name === undefined ? text : `${on}${full.get(name)}${rest.slice(name.length)}`;
  };
  const renamed = (value: unknown, key?: string): unknown => {
    if (typeof value === 'string') return key !== undefined && QUANTITIES.includes(key) ? quantity(value) : value;
    if (Array.isArray(value)) return value.map((one) => renamed(one));
    if (typeof value !== 'object' || value === null) return value;
    const byOutput = key !== undefined && BY_OUTPUT.includes(key);
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        (byOutput ? full.get(name) : undefined) ?? name,
        PLACES.includes(name) ? one : renamed(one, name),
      ]),
    );
  };
  const { data, train, simplify } = spec;
  return { ...spec, ...(renamed({ data, train, simplify }) as Pick<Unhashed, 'data' | 'train' | 'simplify'>) };
}

/** What points into the text. */
const PLACES = ['places', 'span', 'sourceSpan', 'engineSpan'];

/** Blocks are written out, under dotted names; every layer has its name. */
function printModel({ model }: Unhashed, shapeOf?: (input: string) => readonly number[] | undefined): string {
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  const nameOf = (endpoint: Endpoint) => endpointName(endpoint, layers);
  const last = model.layers.at(-1)?.name;
  const outputs = model.outputs.map(nameOf);
  const written = outputs.length > 0 && !(outputs.length === 1 && outputs[0] === last);
  const lines = model.layers.map((layer, k) => {
    const above = model.layers[k - 1]?.name;
    const shape = isOpen(layer) ? shapeOf?.(layer.name) : undefined;
    return printLayer(shape ? { ...layer, arguments: { ...layer.arguments, shape } } : layer, above, nameOf);
  });
  return `model ${model.name.text}${written ? ` -> ${outputs.join(', ')}` : ''} {\n${indent(lines)}\n}`;
}

/** How a layer, or one of its outputs, is read. */
function endpointName({ layer, output }: Endpoint, layers: ReadonlyMap<string, LayerSpec>): string {
  return (output === undefined ? undefined : layers.get(layer)?.outputs?.[output]) ?? layer;
}

function isOpen({ kind, arguments: { shape } }: LayerSpec): boolean {
  return kind === 'Input' && Array.isArray(shape) && shape.length === 0;
}

function printLayer(layer: LayerSpec, above: string | undefined, nameOf: (endpoint: Endpoint) => string): string {
  const inputs = layer.inputs.map((input) => `${input.port ? `${input.port.text}: ` : ''}${nameOf(input)}`);
  const plain = inputs.length === 0 || (inputs.length === 1 && inputs[0] === above);
  const call =
    layer.shares === undefined
      ? callText('layer', { word: layer.kind, arguments: layer.arguments })
      : `Shared(${layer.shares})`;
  const annotations = layer.annotations.map((one) => `\n  @${callText('annotation', one)}`);
  const names = (layer.outputs ?? [layer.name]).join(', ');
  return `${names} = ${call}${plain ? '' : ` <- ${inputs.join(', ')}`}${annotations.join('')}`;
}

function printData(data: DataSpec): string[] {
  return [
    `source: ${callText('source', data.source)}`,
    ...(data.validation ? [`validation: ${splitText(data.validation)}`] : []),
    ...(data.test ? [`test: ${splitText(data.test)}`] : []),
    ...(data.train ? [`train: ${splitText(data.train)}`] : []),
    `seed: ${numberText(data.seed)}`,
    ...(data.inputs
      ? [
          section(
            'inputs',
            Object.entries(data.inputs).map(
              ([input, fields]) => `${keyText(input)}: ${listText(fields.map(wordText))}`,
            ),
          ),
        ]
      : []),
    ...(data.target === undefined ? [] : [`target: ${wordText(data.target)}`]),
    ...(data.targets ? [byOutput('targets', data.targets, wordText)] : []),
    ...(data.columns
      ? [
          section(
            'columns',
            Object.entries(data.columns).map(([name, call]) => `${keyText(name)}: ${callText('column', call)}`),
          ),
        ]
      : []),
    ...(data.missing === undefined ? [] : [`missing: ${valueText({}, data.missing)}`]),
    ...(data.standardize === undefined ? [] : [`standardize: ${data.standardize}`]),
    ...(data.window ? [`window: ${valueText(propertyOf(dataSection, 'window'), data.window)}`] : []),
    ...(data.augment ? [augmentLine(data.augment)] : []),
  ];
}

function printTrain({ seed, engine, phases }: TrainSpec): string[] {
  const [only] = phases;
  const own = [`seed: ${numberText(seed)}`, ...(engine === undefined ? [] : [`engine: ${wordText(engine)}`])];
  if (phases.length === 1 && only!.name === 'train') return [...printPhase(only!), ...own];
  return [
    ...own,
    section(
      'phases',
      phases.map((phase) => section(phase.name, printPhase(phase))),
    ),
  ];
}

function printPhase(phase: PhaseSpec): string[] {
  return [
    ...(phase.loss ? [`loss: ${callText('loss', phase.loss)}`] : []),
    ...(phase.losses ? [byOutput('losses', phase.losses, (loss) => callText('loss', loss))] : []),
    isList(phase.metrics) ? `metrics: ${metricsText(phase.metrics)}` : byOutput('metrics', phase.metrics, metricsText),
    `optimizer: ${callText('optimizer', phase.optimizer)}`,
    `batch_size: ${numberText(phase.batch_size)}`,
    ...optionalKeys.flatMap((key) =>
      phase[key] === undefined ? [] : [`${key}: ${valueText(propertyOf(phaseSection, key), phase[key])}`],
    ),
    `${phase.length.unit}: ${numberText(phase.length.amount)}`,
  ];
}

function augmentLine(choices: AugmentChoices): string {
  const text = (calls: readonly Call[]) => listText(calls.map((call) => callText('augmentation', call)));
  return isAugmentList(choices) ? `augment: ${text(choices)}` : byOutput('augment', choices, text);
}

function metricsText(metrics: readonly Call[]): string {
  return listText(metrics.map((metric) => callText('metric', metric)));
}

function byOutput<V>(key: string, values: Readonly<Record<string, V>>, text: (value: V) => string): string {
  return section(
    key,
    Object.entries(values).map(([output, value]) => `${keyText(output)}: ${text(value)}`),
  );
}

function printSimplify({ threshold, target, live, roundTo, ranges, finetune, distil }: SimplifySpec): string[] {
  return [
    `threshold: ${thresholdText(threshold)}`,
    ...(target ? [section('target', printTarget(target))] : []),
    // `round_to` is a key of its own.
    ...(live ? (['every', 'after', 'patience'] as const).map((key) => `${key}: ${numberText(live[key])}`) : []),
    ...(roundTo === undefined ? [] : [`round_to: ${numberText(roundTo)}`]),
    ...(ranges === undefined ? [] : [`ranges: ${ranges}`]),
    ...(finetune ? [section('finetune', printPhase(finetune))] : []),
    ...(distil
      ? [`distil { weight: ${numberText(distil.weight)}; temperature: ${numberText(distil.temperature)} }`]
      : []),
  ];
}

/** A target as it may be written on one line, in a spec or behind `--set simplify.target=`. */
export function targetText(target: TargetSpec): string {
  return `{ ${printTarget(target, percentText).join('; ')} }`;
}

function printTarget(
  { shares, tolerance, metric, batch_size, latencyTable }: TargetSpec,
  share = numberText,
): string[] {
  return [
    ...shareLines(shares, share),
    ...(tolerance === undefined ? [] : [`tolerance: ${share(tolerance)}`]),
    ...(metric === undefined ? [] : [`metric: ${metric}`]),
    ...(shares.latency === undefined ? [] : [`batch_size: ${numberText(batch_size)}`]),
    ...(latencyTable ? [`latency_table: ${fileText(latencyTable)}`] : []),
  ];
}

function shareLines(shares: Shares, text = numberText): string[] {
  return Object.entries(shares).map(([resource, share]) => `${resource}: ${text(share)}`);
}

function thresholdText(threshold: Threshold): string {
  switch (threshold.kind) {
    case 'unit':
      return numberText(threshold.value);
    case 'weight':
      return `weight(threshold: ${numberText(threshold.value)})`;
    case 'auto': {
      const metric = threshold.metric === undefined ? '' : `, metric: ${threshold.metric}`;
      return `auto(tolerance: ${numberText(threshold.tolerance)}${metric})`;
    }
  }
}

function fileText(file: { readonly path: string; readonly sha256?: string }): string {
  const digest = file.sha256 === undefined ? '' : `, sha256: ${JSON.stringify(file.sha256)}`;
  return `file(${JSON.stringify(file.path)}${digest})`;
}

/** Counts are written as numbers. Shares are not: `15%` might not read as the same double. */
function splitText(call: Call): string {
  if (call.word === 'count') return numberText(call.arguments.rows as number);
  return callText(findWord('split', call.word) ? 'split' : 'source', call);
}

/** A word with all its arguments by name. */
export function callText(registry: RegistryName, call: Call): string {
  const kind = findWord(registry, call.word);
  const given = Object.entries(call.arguments).filter(([, value]) => value !== undefined);
  if (!kind || given.length === 0) return call.word;
  const order = Object.keys(schemaOf(kind.schema).properties ?? {});
  given.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return `${call.word}(${given.map(([name, value]) => `${name}: ${valueText(propertyOf(kind, name), value)}`).join(', ')})`;
}

function propertyOf(kind: Kind, name: string): ArgumentSchema {
  return schemaOf(kind.schema).properties?.[name] ?? {};
}

/** A value as its schema reads it. */
export function valueText(schema: ArgumentSchema, value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return wordText(value);
  if (schema.indices && Array.isArray(value)) return indexText(value as readonly number[]);
  if (schema.interval && Array.isArray(value)) return `${numberText(value[0])}..${numberText(value[1])}`;
  if (schema.duration) return durationText(value as Duration);
  if (Array.isArray(value)) return listText(value.map((item) => valueText(schema.items ?? {}, item)));
  if (schema.registry && isCall(value))
    return schema.registry === 'split' ? splitText(value) : callText(schema.registry, value);
  const entries = Object.entries(value as object);
  return `{ ${entries.map(([key, inner]) => `${keyText(key)}: ${valueText(schema.properties?.[key] ?? {}, inner)}`).join(', ')} }`;
}

/** `10 epochs`, never a bare number: it might mean the other unit. */
function durationText({ amount, unit }: Duration): string {
  return `${numberText(amount)} ${unit}`;
}

function isCall(value: unknown): value is Call {
  return typeof value === 'object' && value !== null && 'word' in value && 'arguments' in value;
}

/** A short text that reads as the same double: 0.001, 5e-5. */
export function numberText(value: number): string {
  if (value === 0) return '0';
  const decimal = String(value).replace('e+', 'e');
  const exponential = value.toExponential();
  return Math.abs(value) < 1 && exponential.length + 1 < decimal.length ? exponential : decimal;
}

/** A string, quoted unless it is a name that means itself. */
function wordText(text: string): string {
  return /^[A-Za-z_]\w*$/.test(text) && text !== 'true' && text !== 'false' ? text : JSON.stringify(text);
}

/** The name of a feature, `region.north`, quoted unless each of its parts is a name. */
export function featureText(name: string): string {
  return name.split('.').every((part) => /^[A-Za-z_]\w*$/.test(part)) && name !== 'true' && name !== 'false'
    ? name
    : JSON.stringify(name);
}

function keyText(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key);
}

function listText(items: readonly string[]): string {
  const flat = `[${items.join(', ')}]`;
  if (flat.length <= WIDTH) return flat;
  const lines = [''];
  for (const item of items) {
    if (lines.at(-1)!.length + item.length + 2 > WIDTH) lines.push('');
    lines.push(`${lines.pop()}${item}, `);
  }
  return `[\n${indent(lines.map((line) => line.trimEnd()))}\n]`;
}

/** Runs of at least three become ranges. Order is kept. */
function indexText(indices: readonly (number | string)[]): string {
  const items: string[] = [];
  for (let k = 0; k < indices.length; ) {
    const first = indices[k]!;
    if (typeof first === 'string') {
      items.push(featureText(first));
      k += 1;
      continue;
    }
    let end = k;
    while (end + 1 < indices.length && indices[end + 1] === (indices[end] as number) + 1) end++;
    if (end - k >= 2) items.push(`${indices[k]}..${indices[end]}`);
    else for (let j = k; j <= end; j++) items.push(String(indices[j]));
    k = end + 1;
  }
  return listText(items);
}
