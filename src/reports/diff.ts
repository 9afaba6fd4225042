import type { Certificate } from '../compiler/5-shrink/certificate.js';
import type { Reasons } from '../compiler/5-shrink/reasons.js';
import { isWidth } from '../compiler/6-print/arguments.js';
import { runsOf } from '../compiler/6-print/keep.js';
import type { PhaseSpec, SimplifySpec, Spec, TargetSpec, Threshold, TrainSpec } from '../compiler/spec.js';
import { Source } from '../diagnostics/source.js';
import { extents } from '../ir/dims.js';
import type { Network, Node } from '../ir/graph.js';
import { layerKind } from '../layers/index.js';
import { sizeOf } from '../program/program.js';
import { type ImageExtents, imageExtents } from './images.js';
import { reasonsOfLayer } from './reasons.js';
import { showAnnotation, summarize } from './summary.js';

/** One of the two models. */
export interface DiffSide {
  /** As the user named it. */
  readonly file: string;
  readonly spec: Spec;
  /** With the original unit ids that its weights file knows, so that survivors can be told. */
  readonly network: Network;
  /** What the features of a row are called that an Input reads; undefined where they have no names. */
  readonly featuresOf?: (input: string) => readonly string[] | undefined;
}

/** What is known of the outputs of both. */
export type Behaviour =
  /** From shrinking: the network as it was cut, against the one that is left. `finetuned`: that one was trained on afterwards. */
  | { readonly kind: 'certificate'; readonly certificate: Certificate; readonly finetuned?: boolean }
  /** Both models run on the same rows. `changed`: rows whose largest output is another one, for classifiers. */
  | {
      readonly kind: 'measured';
      /** `cut`: the network as it was cut, as the certificate has it. `weights`: both specs with their own weights. */
      readonly of: 'cut' | 'weights';
      readonly max_difference: number;
      readonly rows: number;
      readonly changed?: number;
      /** Of `cut`: the network that is left was trained on afterwards, and is compared as it was before. */
      readonly finetuned?: boolean;
    };

export type Sign = '~' | '+' | '-' | '-/+' | ' ';

export interface Change<T> {
  readonly before?: T;
  readonly after?: T;
}

export interface SettingChange extends Change<string> {
  readonly sign: Exclude<Sign, ' ' | '-/+'>;
  /** An argument (`use_bias`), an annotation's word (`@l1`), or an address (`train.batch_size`). */
  readonly name: string;
}

/** What was kept of the units that a layer makes, by their indices in the network that was trained first. */
export interface KeptAxis {
  readonly indices: readonly number[];
  /** Of how many: as many as the layer has in the first of the two models. */
  readonly of: number;
  /** Of an Input that reads a table: what the kept features are called. */
  readonly names?: readonly string[];
  /** Of an Input that reads an image: its extents. */
  readonly image?: ImageExtents;
}

export interface LayerDiff extends Reasons {
  readonly sign: Sign;
  readonly name: string;
  readonly kind: Change<string>;
  /** Length of the last axis of the output; of an Input: features that are read. */
  readonly units: Change<number>;
  /** Length of the last axis of what it reads, of a Flatten or Reshape all its numbers; absent for Inputs. */
  readonly reads?: Change<number>;
  readonly parameters: Change<number>;
  readonly multiply_adds: Change<number>;
  readonly bytes: Change<number>;
  readonly kept?: KeptAxis;
  readonly arguments: readonly SettingChange[];
  readonly annotations: readonly SettingChange[];
}

export interface Sizes {
  readonly parameters: number;
  readonly weights: number;
  readonly multiply_adds: number;
  readonly bytes: number;
}

/** What `dnc diff --format json` prints. Format 1. */
export interface DiffResult {
  readonly format: 1;
  readonly same: boolean;
  readonly before: { readonly file: string; readonly model: string } & Sizes;
  readonly after: { readonly file: string; readonly model: string } & Sizes;
  readonly layers: readonly LayerDiff[];
  /** Sections, outputs and weights. */
  readonly settings: readonly SettingChange[];
  readonly behaviour?: Behaviour;
  /** Layers and settings by sign. */
  readonly totals: {
    readonly changed: number;
    readonly added: number;
    readonly removed: number;
    readonly replaced: number;
  };
}

/**
 * Compares two models: layers by name, in the order of the second, with those of the first alone where they stood. `reasons`: what the removal that led from one
 * to the other said of units that stayed and of constants.
 */
export function diffModels(
  before: DiffSide,
  after: DiffSide,
  behaviour?: Behaviour,
  reasons: Reasons = {},
): DiffResult {
  const [old, fresh] = [summarize(before.network), summarize(after.network)];
  const sizes = new Map(old.layers.map((layer) => [layer.name, layer]));
  const freshSizes = new Map(fresh.layers.map((layer) => [layer.name, layer]));
  const layers = mergedNames(before.network, after.network).map((name): LayerDiff => {
    const [a, b] = [nodeAt(before.network, name), nodeAt(after.network, name)];
    const own = (of: (side: { parameters: number; multiply_adds: number }) => number) =>
      change(mapped(sizes.get(name), of), mapped(freshSizes.get(name), of));
    const comparable = a !== undefined && b !== undefined && a.kind === b.kind;
    const units = change(unitsOf(before.network, a), unitsOf(after.network, b));
    const reads = change(readsOf(before.network, a), readsOf(after.network, b));
    const written = comparable ? argumentChanges(a, b, units) : [];
    const annotations = comparable ? annotationChanges(a, b) : [];
    const kept = comparable ? keptAxis(before, after, a) : undefined;
    const differs = units.before !== units.after || written.length > 0 || annotations.length > 0 || kept !== undefined;
    const sign = !a ? '+' : !b ? '-' : !comparable ? '-/+' : differs ? '~' : ' ';
    return {
      sign,
      name,
      kind: change(a?.kind, b?.kind),
      units,
      ...((reads.before ?? reads.after) !== undefined && { reads }),
      parameters: own((side) => side.parameters),
      multiply_adds: own((side) => side.multiply_adds),
      bytes: own((side) => 4 * side.parameters),
      ...(kept && { kept }),
      ...reasonsOfLayer(reasons, name),
      arguments: written,
      annotations,
    };
  });
  const settings = settingChanges(before.spec, after.spec, before.network, after.network);
  const count = (sign: Sign) => [...layers, ...settings].filter((one) => one.sign === sign).length;
  const totals = { changed: count('~'), added: count('+'), removed: count('-'), replaced: count('-/+') };
  const summary = ({ file }: DiffSide, { model, parameters, weights, multiply_adds, bytes }: typeof old) => ({
    file,
    model,
    parameters,
    weights,
    multiply_adds,
    bytes,
  });
  return {
    format: 1,
    same: Object.values(totals).every((total) => total === 0),
    before: summary(before, old),
    after: summary(after, fresh),
    layers,
    settings,
    ...(behaviour && { behaviour }),
    totals,
  };
}

function change<T>(before: T | undefined, after: T | undefined): Change<T> {
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

function mapped<T, R>(value: T | undefined, of: (value: T) => R): R | undefined {
  return value === undefined ? undefined : of(value);
}

function nodeAt(network: Network, name: string): Node | undefined {
  return network.graph.nodes.find((node) => node.name === name);
}

function mergedNames(before: Network, after: Network): string[] {
  const names = after.graph.nodes.map((node) => node.name);
  let at = 0;
  for (const { name } of before.graph.nodes) {
    const found = names.indexOf(name);
    if (found >= 0) at = found + 1;
    else names.splice(at++, 0, name);
  }
  return names;
}

function unitsOf(network: Network, node: Node | undefined): number | undefined {
  if (!node) return undefined;
  const shape = network.shapes.get(node.name)![0];
  // Of an Input all numbers of a row count: the last axis of an image says nothing of its size.
  return shape && node.kind === 'Input' ? sizeOf(extents(shape)) : shape?.at(-1)?.units.length;
}

function readsOf(network: Network, node: Node | undefined): number | undefined {
  const from = node?.inputs[0];
  if (!node || !from) return undefined;
  const shape = network.shapes.get(from.node)![from.output]!;
  return layerKind(node.kind).laysOut ? sizeOf(extents(shape)) : shape.at(-1)?.units.length;
}

/** Which units survived, where both sides count them in the same network that was trained first. */
function keptAxis(
  { spec, network: before, featuresOf }: DiffSide,
  { network: after }: DiffSide,
  node: Node,
): KeptAxis | undefined {
  const { name } = node;
  if (before.dims.widthOf(name) !== after.dims.widthOf(name)) return undefined;
  const madeBy = (network: Network) => {
    const units = network.shapes.get(name)![0]?.at(-1)?.units ?? [];
    const made = units.every(
      (unit) => network.dims.origin(unit).layer === name && network.dims.componentsOf(unit).length === 0,
    );
    return made ? units.map((unit) => network.dims.origin(unit).index) : undefined;
  };
  const [old, fresh] = [madeBy(before), madeBy(after)];
  if (!old || !fresh || fresh.length >= old.length) return undefined;
  if (!fresh.every((index) => old.includes(index))) return undefined;
  const extents = imageExtents(spec, node);
  // Indices count the features of the whole image.
  const image = extents && before.dims.widthOf(name) === sizeOf(extents) ? extents : undefined;
  const all = node.kind === 'Input' ? featuresOf?.(name) : undefined;
  const names = all?.length === before.dims.widthOf(name) ? fresh.map((index) => all[index]!) : undefined;
  return { indices: fresh, of: old.length, ...(names && { names }), ...(image && { image }) };
}

/** Arguments with another value. What the units (of a convolution its filters) and `kept` say already is left out. */
function argumentChanges(a: Node, b: Node, units: Change<number>): SettingChange[] {
  const isTold = (name: string) =>
    (a.kind === 'Input' && name === 'keep') ||
    (isWidth(a.kind, name) && a.arguments[name] === units.before && b.arguments[name] === units.after);
  const names = [...new Set([...Object.keys(a.arguments), ...Object.keys(b.arguments)])].filter(
    (name) => !isTold(name),
  );
  return names.flatMap((name) => valueChanges(name, a.arguments[name], b.arguments[name]));
}

function annotationChanges(a: Node, b: Node): SettingChange[] {
  const words = [...new Set([...a.annotations, ...b.annotations].map((one) => one.word))];
  return words.flatMap((word) => {
    const at = (node: Node) => node.annotations.find((one) => one.word === word);
    const [old, fresh] = [at(a), at(b)];
    return old && fresh
      ? valueChanges(`@${word}`, old.arguments, fresh.arguments)
      : settingChange(`@${word}`, mapped(old, showAnnotation), mapped(fresh, showAnnotation));
  });
}

function settingChanges(a: Spec, b: Spec, before: Network, after: Network): SettingChange[] {
  const outputs = (network: Network) => network.graph.outputs.map(({ name }) => name).join(', ');
  return [
    ...settingChange('model.outputs', outputs(before), outputs(after)),
    ...valueChanges('data', a.data, b.data),
    ...valueChanges('train', trainKeys(a.train), trainKeys(b.train)),
    ...settingChange('order of train.phases', ...phaseOrders(a.train, b.train)),
    ...settingChange('simplify.threshold', thresholdText(a.simplify.threshold), thresholdText(b.simplify.threshold)),
    ...valueChanges('simplify.target', mapped(a.simplify.target, targetKeys), mapped(b.simplify.target, targetKeys)),
    ...valueChanges('simplify', onTheWay(a.simplify), onTheWay(b.simplify)),
    ...valueChanges(
      'simplify.finetune',
      mapped(a.simplify.finetune, phaseKeys),
      mapped(b.simplify.finetune, phaseKeys),
    ),
    ...valueChanges('simplify.distil', a.simplify.distil, b.simplify.distil),
    ...(a.weights?.sha256 !== undefined && a.weights.sha256 === b.weights?.sha256
      ? []
      : settingChange('weights', weightsText(a), weightsText(b))),
  ];
}

/** When units go, and which have to stay, by the keys that a spec has. */
function onTheWay({ live, roundTo, ranges }: SimplifySpec): Readonly<Record<string, unknown>> {
  return { every: live?.every, after: live?.after, patience: live?.patience, round_to: roundTo, ranges };
}

/** The train section by the keys that a spec has: a lone phase without a name of its own is the section itself. */
function trainKeys({ seed, engine, phases }: TrainSpec): Readonly<Record<string, unknown>> {
  const [only] = phases;
  return phases.length === 1 && only!.name === 'train'
    ? { ...phaseKeys(only!), seed, engine }
    : { seed, engine, phases: Object.fromEntries(phases.map((phase) => [phase.name, phaseKeys(phase)])) };
}

function phaseKeys({ length, name: _, ...keys }: PhaseSpec): Readonly<Record<string, unknown>> {
  return { [length.unit]: length.amount, ...keys };
}

function targetKeys({
  shares,
  batch_size,
  latencyTable,
  span: _,
  ...keys
}: TargetSpec): Readonly<Record<string, unknown>> {
  return {
    ...shares,
    ...keys,
    ...(shares.latency !== undefined && { batch_size }),
    ...(latencyTable && { latency_table: latencyTable.path }),
  };
}

/** The phases that both have, as each orders them. */
function phaseOrders(a: TrainSpec, b: TrainSpec): [before: string, after: string] {
  const shared = (one: TrainSpec, other: TrainSpec) =>
    one.phases
      .map((phase) => phase.name)
      .filter((name) => other.phases.some((phase) => phase.name === name))
      .join(', ');
  return [shared(a, b), shared(b, a)];
}

function thresholdText(threshold: Threshold): string {
  if (threshold.kind === 'unit') return String(threshold.value);
  const { kind, ...rest } = threshold;
  return showValue({ word: kind, arguments: rest })!;
}

function weightsText({ weights }: Spec): string | undefined {
  return weights && `${weights.path}${weights.sha256 === undefined ? '' : ` (sha256 ${weights.sha256.slice(0, 8)}…)`}`;
}

function settingChange(name: string, before: string | undefined, after: string | undefined): SettingChange[] {
  if (before === after) return [];
  const sign = before === undefined ? '+' : after === undefined ? '-' : '~';
  return [{ sign, name, ...change(before, after) }];
}

/** Differences at the deepest address where both sides still have the same form. */
function valueChanges(name: string, before: unknown, after: unknown): SettingChange[] {
  if (isRecord(before) && isRecord(after)) {
    const [a, b] = [callWord(before), callWord(after)];
    if (a === b) {
      if (a !== undefined) return valueChanges(name, before.arguments, after.arguments);
      const keys = new Set([...settingsOf(before), ...settingsOf(after)].map(([key]) => key));
      return [...keys].flatMap((key) => valueChanges(`${name}.${key}`, before[key], after[key]));
    }
  }
  if (Array.isArray(before) && Array.isArray(after) && before.some(isRecord) && before.length === after.length) {
    return before.flatMap((one, k) => {
      const at = isRecord(one) && typeof one.name === 'string' ? one.name : String(k + 1);
      return valueChanges(`${name}.${at}`, one, after[k]);
    });
  }
  return settingChange(name, showValue(before), showValue(after));
}

/** What a record says: where something was written is no part of it, whatever the key is called. */
function settingsOf(record: object): [key: string, value: unknown][] {
  return Object.entries(record).filter(([, value]) => value !== undefined && !isPlace(value));
}

/** A place in a text, or places by what is written there. */
function isPlace(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if (value.source instanceof Source) return true;
  const inner = Object.values(value);
  return inner.length > 0 && inner.every(isPlace);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function callWord(value: Readonly<Record<string, unknown>>): string | undefined {
  return typeof value.word === 'string' && isRecord(value.arguments) ? value.word : undefined;
}

function showValue(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) {
    const whole = value.length > 0 && value.every((one) => Number.isInteger(one) && one >= 0);
    return `[${(whole ? runsOf(value as number[]) : value.map(showValue)).join(', ')}]`;
  }
  if (!isRecord(value)) return String(value);
  const inside = settingsOf(callWord(value) === undefined ? value : (value.arguments as object))
    .map(([key, inner]) => `${key}: ${showValue(inner)}`)
    .join(', ');
  const word = callWord(value);
  return word === undefined ? `{ ${inside} }` : inside === '' ? word : `${word}(${inside})`;
}
