import type { Originals } from '../../compiler/3-dims/index.js';
import { axisName, paramShape } from '../../compiler/3-dims/index.js';
import type { Features } from '../../compiler/5-shrink/probe.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { type Fitted, readFitted } from '../../data/columns.js';
import type { FeatureStatistics } from '../../data/feature-statistics.js';
import { fail } from '../../diagnostics/report.js';
import { allParams, blockMakers, type Network, unitMakers } from '../../ir/graph.js';
import type { HostTensor } from '../../program/program.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

/**
 * The weights file of a network: safetensors with every parameter under its name (`fc1.kernel`, float32), and for every layer that makes units
 * their original indices as `units:<layer>` (int32), with how many there were in the metadata `width:<layer>`. So a simplified network
 * can always say which of the original units survived. So has every stretch that a layer cuts out of an axis, and every axis of a parameter of which its units do not tell. The weights that a certificate starts from also hold how the features of its probe rows are
 * spread, as `features:<input>`. What was learned from the rows of a table (categories, means, names of classes) is in the metadata `fitted`.
 */
export interface ModelWeights {
  readonly values: Values;
  readonly originals: Originals;
  /** How the training rows' features are spread, where the file holds the network that a certificate starts from. */
  readonly features?: Features;
  /** What was learned from the training rows of a table, so that other rows are read as they were. */
  readonly fitted?: Fitted;
}

/** In the metadata, as JSON. */
const FITTED = 'fitted';
/** [2, features]: mean and deviation of an input; the metadata of the same name hold the rest. */
const FEATURES = 'features:';
const UNITS = 'units:';
const WIDTH = 'width:';

export function encodeModelWeights(at: {
  readonly network: Network;
  readonly values: Values;
  readonly originals: Originals;
  readonly features?: Features;
  readonly fitted?: Fitted | undefined;
}): Uint8Array {
  const tensors: Record<string, HostTensor> = {};
  const metadata: Record<string, string> = { format: '1' };
  for (const param of allParams(at.network))
    tensors[param.name] = { shape: paramShape(param), data: at.values.get(param.name)! };
  for (const [layer, { indices, width }] of Object.entries(at.originals)) {
    tensors[`${UNITS}${layer}`] = { shape: [indices.length], data: Int32Array.from(indices) };
    metadata[`${WIDTH}${layer}`] = String(width);
  }
  for (const [input, { mean, deviation, ...rest }] of Object.entries(at.features ?? {})) {
    tensors[`${FEATURES}${input}`] = { shape: [2, mean.length], data: Float32Array.from([...mean, ...deviation]) };
    metadata[`${FEATURES}${input}`] = JSON.stringify(rest);
  }
  if (at.fitted) metadata[FITTED] = JSON.stringify(at.fitted);
  return writeSafetensors(tensors, metadata);
}

/** Reads a weights file; one without unit indices (from another tool) is as good, its units then count as the original ones. */
export function decodeModelWeights(bytes: Uint8Array, file: string): ModelWeights {
  const { tensors, metadata } = readSafetensors(bytes, file);
  const values = new Map<string, Float32Array>();
  const originals: Record<string, { indices: readonly number[]; width: number }> = Object.create(null);
  const features: Record<string, FeatureStatistics> = Object.create(null);
  for (const [name, { data }] of Object.entries(tensors)) {
    if (name.startsWith(FEATURES)) {
      features[name.slice(FEATURES.length)] =
        statisticsIn(data, metadata[name]) ??
        fail('weights-missing', { file, reason: `${name} does not hold means, deviations and a range` });
      continue;
    }
    if (!name.startsWith(UNITS)) {
      if (!(data instanceof Float32Array))
        fail('weights-missing', { file, reason: `${name} does not hold 32-bit floats` });
      values.set(name, data);
      continue;
    }
    const layer = name.slice(UNITS.length);
    const width = Number(metadata[`${WIDTH}${layer}`]);
    const indices = [...(data as Int32Array)];
    const sound =
      data instanceof Int32Array &&
      Number.isSafeInteger(width) &&
      isRising(indices) &&
      indices.every((index) => index >= 0 && index < width);
    if (!sound) fail('weights-missing', { file, reason: `${name} does not hold rising indices below its width` });
    originals[layer] = { indices, width };
  }
  const text = metadata[FITTED];
  const fitted = text === undefined ? undefined : readFitted(text);
  if (text !== undefined && !fitted)
    fail('weights-missing', { file, reason: 'what was learned from its training rows is damaged' });
  return { values, originals, ...(Object.keys(features).length > 0 && { features }), ...(fitted && { fitted }) };
}

function statisticsIn(data: HostTensor['data'], text: string | undefined): FeatureStatistics | undefined {
  let rest: Readonly<Record<string, unknown>>;
  try {
    rest = JSON.parse(text ?? 'null') ?? {};
  } catch {
    return undefined;
  }
  const { low, high, whole } = rest;
  if (!(data instanceof Float32Array) || data.length % 2 !== 0) return undefined;
  if (typeof low !== 'number' || typeof high !== 'number' || typeof whole !== 'boolean') return undefined;
  return { mean: data.subarray(0, data.length / 2), deviation: data.subarray(data.length / 2), low, high, whole };
}

/** The original indices of the units that every layer with parameters makes. */
export function originalsOfNetwork(network: Network): Originals {
  const { dims } = network;
  const originals: Record<string, { indices: readonly number[]; width: number }> = Object.create(null);
  // Channels that a Reshape makes go without a trace in its arguments; what other layers without parameters lose is in their `keep`.
  const tied = new Set(dims.allTies.map(([unit]) => unit));
  for (const { maker, node, axis } of unitMakers(network)) {
    const hasParams = Object.keys(network.params.get(node.name) ?? {}).length > 0;
    if (!hasParams && !axis.units.some((unit) => tied.has(unit))) continue;
    if (!axis.units.every((unit) => dims.origin(unit).layer === maker)) continue;
    originals[maker] = {
      indices: axis.units.map((unit) => dims.origin(unit).index),
      width: Math.max(axis.units.length, dims.widthOf(maker)),
    };
  }
  for (const { maker, blocks } of blockMakers(network)) originals[maker] = dims.originalsOf(blocks.units);
  // The bounds of a stretch that lost units tell no longer how long it was.
  for (const { maker, dim } of dims.allStretches) originals[maker] = dims.originalsOf(dim.units);
  for (const { name, axes } of allParams(network))
    axes.forEach(({ original }, axis) => {
      if (original && isRising(original.indices)) originals[axisName(name, axis)] = original;
    });
  return originals;
}

function isRising(indices: readonly number[]): boolean {
  return indices.every((index, k) => k === 0 || index > indices[k - 1]!);
}
