import { paramShape, paramSize } from '../compiler/3-dims/index.js';
import type { Values } from '../compiler/5-shrink/values.js';
import type { Unit } from '../ir/dims.js';
import { allParams, type Axis, type Network, type Param } from '../ir/graph.js';

/** A network with its parameters, at one stage of a run. */
export interface Stage {
  /** `as trained`. */
  readonly title: string;
  readonly network: Network;
  readonly values: Values;
}

/** Which connections of a kernel there are: `counts[row · columns + column]` of its weights are not 0. */
export interface Connections {
  readonly counts: Uint32Array;
  /** 1 for a row (a column) that is there, 0 for one that was removed. */
  readonly rows: Uint8Array;
  readonly columns: Uint8Array;
  /** Weights that are stored, and those that are not exactly 0. */
  readonly weights: number;
  readonly nonzero: number;
}

/**
 * The pattern of one kernel, drawn by the DropNeuron paper as a binary image: a row for every unit that it reads, a column for every unit that it
 * makes, at the places that they have in the network of full size, so that removed rows and columns are seen.
 */
export interface Pattern {
  /** `fc1.kernel`. */
  readonly name: string;
  readonly layer: string;
  readonly rows: number;
  readonly columns: number;
  /** Weights of one connection: 1, or the taps of a convolution's window. */
  readonly taps: number;
  /** By stage; a stage whose units cannot be found in the network of full size is left out. */
  readonly stages: readonly { readonly title: string; readonly shown: Connections }[];
}

/** The patterns of all kernels of a network of full size, in the order of its layers, at some stages. */
export function patternsOf(network: Network, stages: readonly Stage[]): Pattern[] {
  return allParams(network).flatMap((param): Pattern[] => {
    if (!isKernel(param)) return [];
    const [rows, columns] = [side(network, param, 'reads'), side(network, param, 'writes')];
    const found = stages.flatMap((stage) => {
      const shown = placed(stage, param.name, rows, columns);
      return shown ? [{ title: stage.title, shown }] : [];
    });
    if (found.length === 0) return [];
    const taps = paramSize(param) / (rows.length * columns.length);
    return [{ name: param.name, layer: param.layer, rows: rows.length, columns: columns.length, taps, stages: found }];
  });
}

/**
 * How many weights that are not 0 read each feature that `layer` makes, at the last stage of every pattern, by the feature's place in the network of full
 * size; undefined where no kernel reads it.
 */
export function readersOf(
  network: Network,
  patterns: readonly Pattern[],
  layer: string,
): { readonly readers: Uint32Array; readonly kept: Uint8Array } | undefined {
  const units = network.shapes.get(layer)?.[0]?.at(-1)?.units;
  if (!units) return undefined;
  const places = new Map(keys(network, units).map((key, place) => [key, place]));
  const readers = new Uint32Array(units.length);
  const kept = new Uint8Array(units.length);
  let found = false;
  for (const param of allParams(network)) {
    const pattern = patterns.find((one) => one.name === param.name);
    const shown = pattern?.stages.at(-1)?.shown;
    if (!pattern || !shown) continue;
    side(network, param, 'reads').forEach((key, row) => {
      const place = places.get(key);
      if (place === undefined) return;
      found = true;
      if (!shown.rows[row]) return;
      kept[place] = 1;
      for (let column = 0; column < pattern.columns; column++)
        readers[place]! += shown.counts[row * pattern.columns + column]!;
    });
  }
  return found ? { readers, kept } : undefined;
}

function isKernel(param: Param): boolean {
  return param.axes.length > 1 && param.axes.some((axis) => axis.role === 'writes');
}

/** The kernel at one stage, at the places of the network of full size. */
function placed(
  { network, values }: Stage,
  name: string,
  rows: readonly string[],
  columns: readonly string[],
): Connections | undefined {
  const param = allParams(network).find((one) => one.name === name);
  if (!param || !isKernel(param)) return undefined;
  const places = (all: readonly string[], role: Axis['role']) => {
    const known = new Map(all.map((key, place) => [key, place]));
    const at = side(network, param, role).map((key) => known.get(key) ?? -1);
    return at.includes(-1) ? undefined : { length: all.length, at };
  };
  const [own, made] = [places(rows, 'reads'), places(columns, 'writes')];
  return own && made && connections(param, values, { rows: own, columns: made });
}

interface Places {
  readonly length: number;
  readonly at: readonly number[];
}

function connections(
  param: Param,
  values: Values,
  { rows, columns }: { readonly rows: Places; readonly columns: Places },
): Connections | undefined {
  const data = values.get(param.name);
  const shape = paramShape(param);
  if (data?.length !== shape.reduce((product, extent) => product * extent, 1)) return undefined;
  const counts = new Uint32Array(rows.length * columns.length);
  const flags = ({ length, at }: Places) => {
    const there = new Uint8Array(length);
    for (const place of at) there[place] = 1;
    return there;
  };
  // Every element's row and column: its indices along the axes that read, and along those that write, row-major.
  const index = new Array<number>(shape.length).fill(0);
  let nonzero = 0;
  for (const weight of data) {
    if (weight !== 0) {
      nonzero += 1;
      let [row, column] = [0, 0];
      param.axes.forEach(({ role }, axis) => {
        if (role === 'reads') row = row * shape[axis]! + index[axis]!;
        else if (role === 'writes') column = column * shape[axis]! + index[axis]!;
      });
      counts[rows.at[row]! * columns.length + columns.at[column]!]! += 1;
    }
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return { counts, rows: flags(rows), columns: flags(columns), weights: data.length, nonzero };
}

/** The units along the axes of one role, row-major, by names that stay while a network shrinks; one without a name where there is no such axis. */
function side(network: Network, param: Param, role: Axis['role']): string[] {
  let all = [''];
  for (const axis of param.axes)
    if (axis.role === role) {
      const own = keys(network, axis.dim.units);
      all = all.length === 1 && all[0] === '' ? own : all.flatMap((key) => own.map((one) => `${key} ${one}`));
    }
  return all;
}

function keys(network: Network, units: readonly Unit[]): string[] {
  return units.map((unit) => {
    const { layer, index } = network.dims.origin(unit);
    return `${layer}:${index}`;
  });
}
