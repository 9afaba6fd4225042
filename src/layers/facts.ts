import { extents, type Shape } from '../ir/dims.js';
import type { Call } from '../ir/kind.js';
import { constantOf, factOf, type UnitFact } from '../ir/units.js';
import { Builder, type Value } from '../program/builder.js';
import { evaluate } from '../program/evaluate.js';
import { stridesOf } from '../program/shapes.js';
import { activationOf, applyActivation } from './apply-activation.js';
import type { AxisFacts } from './layer.js';

/** Nothing is known of `size` units. */
export function unknownUnits(size: number): readonly UnitFact[] {
  let known = UNKNOWN.get(size);
  if (!known) UNKNOWN.set(size, (known = new Array<UnitFact>(size).fill('varies')));
  return known;
}

/** One array for each length: networks have many axes of which nothing is known. */
const UNKNOWN = new Map<number, readonly UnitFact[]>();

/** Nothing is known of a tensor. */
export function unknownFacts(shape: Shape): AxisFacts {
  return shape.map((dim) => unknownUnits(dim.units.length));
}

/** What is known of the last axis, and nothing of the others. */
export function lastAxisFacts(shape: Shape, last: readonly UnitFact[]): AxisFacts {
  return [...shape.slice(0, -1).map((dim) => unknownUnits(dim.units.length)), ...(shape.length > 0 ? [last] : [])];
}

/** A fact for what is computed from constants: no number is none, since 0 · ∞ would be lost. */
export function computedFact(value: number): UnitFact {
  return Number.isFinite(value) ? factOf(value) : 'varies';
}

/** The number that all of a tensor is, where one axis tells. */
export function wholeConstant(axes: AxisFacts): number | undefined {
  for (const units of axes) {
    const first = units.length > 0 ? constantOf(units[0]!) : undefined;
    if (first !== undefined && units.every((fact) => constantOf(fact) === first)) return first;
  }
  return undefined;
}

/** Whether every element of a tensor is known: all units of some axis are. */
export function whollyKnown(axes: AxisFacts): boolean {
  return axes.some((units) => units.every((fact) => fact !== 'varies'));
}

/** Facts of a tensor of which all axes know what one of them tells: where all of it is one number, each unit of each axis is. */
export function spreadFacts(axes: AxisFacts): AxisFacts {
  const constant = wholeConstant(axes);
  if (constant === undefined) return axes;
  return axes.map((units) => new Array<UnitFact>(units.length).fill(factOf(constant)));
}

/** Facts behind a function of single elements that is the same for all: an activation, a scaling. `f` maps all constants at once. */
export function elementwiseFacts(axes: AxisFacts, f: (values: readonly number[]) => readonly number[]): AxisFacts {
  const constants = [...new Set(axes.flatMap((units) => units.flatMap((fact) => constantOf(fact) ?? [])))];
  if (constants.length === 0) return axes;
  const results = new Map(f(constants).map((value, k) => [constants[k]!, computedFact(value)]));
  return axes.map((units) =>
    units.map((fact) => {
      const constant = constantOf(fact);
      return constant === undefined ? fact : results.get(constant)!;
    }),
  );
}

/** Facts behind a random factor, such as dropout in training: 0 stays 0, everything else varies. */
export function noisyFacts(axes: AxisFacts): AxisFacts {
  return axes.map((units) => units.map((fact) => (constantOf(fact) === 0 ? 'zero' : 'varies')));
}

/** Facts behind a function of single elements that is the layer's own for each unit of the last axis, such as a normalization with moving statistics. */
export function perUnitFacts(axes: AxisFacts, f: (value: number, unit: number) => number): AxisFacts {
  if (axes.length === 0) return axes;
  const last = axes.at(-1)!.map((fact, unit) => {
    const constant = constantOf(fact);
    return constant === undefined ? fact : computedFact(f(constant, unit));
  });
  return spreadFacts([...axes.slice(0, -1).map((units) => unknownUnits(units.length)), last]);
}

/** What the elements of a function written with the Builder are in float64, for `elementwiseFacts`; of functions of rows, so many in a row. */
export function inFloat64(
  write: (b: Builder, x: Value) => Value,
  width = 1,
): (values: readonly number[]) => readonly number[] {
  return (values) => {
    const b = new Builder();
    b.result('y', write(b, b.batch('x', 'float', ['batch', width])));
    const x = { dtype: 'float' as const, shape: [values.length / width, width], data: Float64Array.from(values) };
    return [...evaluate(b.build('constants'), { x }).results.y!.data];
  };
}

/** Facts behind an activation. One that mixes units leaves none. */
export function activationFacts(axes: AxisFacts, call: Call): AxisFacts {
  if (!activationOf(call).unitwise) {
    // What mixes the units of the last axis alone is constant where all of these are.
    const last = (axes.at(-1) ?? []).map(constantOf);
    if (last.length === 0 || last.includes(undefined)) return axes.map((units) => unknownUnits(units.length));
    const mixed = inFloat64((b, x) => applyActivation(b, x, call), last.length)(last as readonly number[]);
    return spreadFacts([...axes.slice(0, -1).map((units) => unknownUnits(units.length)), mixed.map(computedFact)]);
  }
  return elementwiseFacts(
    axes,
    inFloat64((b, x) => applyActivation(b, x, call)),
  );
}

/** A tensor of weights, as `linearFacts` reads it. */
export interface LinearMap {
  readonly kernel: ArrayLike<number>;
  readonly shape: readonly number[];
  /** The axis of the kernel that reads units; absent: the kernel reads one number. */
  readonly reads?: number | undefined;
  /** The axis of the kernel that writes units. What the other axes hold is added up. */
  readonly writes: number;
  /** The reading axis stands for the units of so many equal blocks, of which each reads into its own equal block of written units. Default 1. */
  readonly groups?: number;
  /** One number for each written unit. */
  readonly bias?: ArrayLike<number> | undefined;
  /** Zeros stand beside the input at some positions, or a position reads not all weights: a constant that is not 0 comes out as one that varies. */
  readonly padded?: boolean;
}

/** Where the weights of a linear map stand: the one from unit u to column j on a plane at `u's row + j * columnStride + plane`. */
export function placesOfWeights({ shape, reads, writes, groups = 1 }: LinearMap) {
  const strides = stridesOf(shape);
  const columns = shape[writes]!;
  const rows = reads === undefined ? 1 : shape[reads]!;
  const rowStride = reads === undefined ? 0 : strides[reads]!;
  const perGroup = columns / groups;
  return {
    columns,
    columnStride: strides[writes]!,
    planes: planesOf(shape, [reads, writes]),
    /** The offset of a unit's row, and the columns, from `first` to before `end`, that its group writes. */
    rowOf(unit: number) {
      const group = Math.floor(unit / rows);
      return { row: (unit % rows) * rowStride, first: group * perGroup, end: (group + 1) * perGroup };
    },
  };
}

/**
 * What a linear map writes: a written unit is constant if every unit that it reads through a weight that is not 0 is. `input` has a fact for each unit that
 * is read.
 */
export function linearFacts(input: readonly UnitFact[], map: LinearMap): readonly UnitFact[] {
  const { kernel, bias, padded = false } = map;
  const { columns, columnStride, planes, rowOf } = placesOfWeights(map);
  const varies = new Uint8Array(columns);
  const sums = new Float64Array(columns);
  /** The columns of which nothing varies so far: few, soon. */
  const open = Int32Array.from({ length: columns }, (_, column) => column);
  let left = columns;
  for (let unit = 0; unit < input.length && left > 0; unit++) {
    const constant = constantOf(input[unit]!);
    if (constant === 0) continue;
    const { row, first, end } = rowOf(unit);
    const before = left;
    left = 0;
    for (let k = 0; k < before; k++) {
      const column = open[k]!;
      if (column >= first && column < end) {
        const from = row + column * columnStride;
        for (const plane of planes) {
          const weight = kernel[from + plane]!;
          if (weight === 0) continue;
          if (constant === undefined || padded) {
            varies[column] = 1;
            break;
          }
          sums[column]! += constant * weight;
        }
        if (varies[column] === 1) continue;
      }
      open[left++] = column;
    }
  }
  if (left === 0) return unknownUnits(columns);
  return Array.from(sums, (sum, column) =>
    varies[column] === 1 ? ('varies' as const) : computedFact(sum + (bias?.[column] ?? 0)),
  );
}

/** Offsets of all places of a row-major tensor on the axes that are not among those given. */
export function planesOf(shape: readonly number[], apart: readonly (number | undefined)[]): readonly number[] {
  const strides = stridesOf(shape);
  let planes = [0];
  shape.forEach((extent, axis) => {
    if (apart.includes(axis)) return;
    planes = planes.flatMap((plane) => Array.from({ length: extent }, (_, k) => plane + k * strides[axis]!));
  });
  return planes;
}

/** Facts of tensors joined along an axis. */
export function joinedFacts(parts: readonly AxisFacts[], axis: number): AxisFacts {
  const [first = []] = parts;
  return spreadFacts(
    first.map((units, k) => {
      if (k === axis) return parts.flatMap((part) => part[k]!);
      // A unit of another axis reaches through all parts.
      return units.map((fact, j) =>
        parts.every((part) => constantOf(part[k]![j]!) === constantOf(fact)) ? fact : ('varies' as const),
      );
    }),
  );
}

/** Facts of a tensor of which some positions of an axis are picked, in any order. */
export function pickedFacts(axes: AxisFacts, axis: number, positions: readonly number[]): AxisFacts {
  return spreadFacts(axes.map((units, k) => (k === axis ? positions.map((position) => units[position]!) : units)));
}

/** Facts of the row-major product of axes, as flattening makes it: an element is known where a unit on any of its axes is. */
export function productFacts(axes: AxisFacts): readonly UnitFact[] {
  if (axes.every((units) => !units.some((fact) => fact !== 'varies')))
    return unknownUnits(axes.reduce((product, units) => product * units.length, 1));
  let product: UnitFact[] = ['varies'];
  for (const units of axes)
    product = product.flatMap((before) => units.map((fact) => (before === 'varies' ? fact : before)));
  return product;
}

/**
 * Facts of a function of elements of several tensors that broadcast as NumPy does (`Add`, `Multiply` …): `f` gives the result for one element of each,
 * undefined for those that vary; and undefined where it is not known.
 */
export function combinedFacts(
  inputs: readonly AxisFacts[],
  output: Shape,
  f: (values: readonly (number | undefined)[]) => number | undefined,
): AxisFacts {
  const whole = inputs.map(wholeConstant);
  const facts = extents(output).map((extent, axis) => {
    // What each input is known to be for each unit of this axis. An axis of 1 is the same for all of them.
    const sides = inputs.map((axes, k) => {
      const units = axes[axes.length - output.length + axis];
      if (!units || whole[k] !== undefined) return () => whole[k];
      return units.length === extent ? (j: number) => constantOf(units[j]!) : () => constantOf(units[0]!);
    });
    if (
      inputs.every((axes) => (axes[axes.length - output.length + axis] ?? []).every((fact) => fact === 'varies')) &&
      whole.every((constant) => constant === undefined)
    )
      return unknownUnits(extent);
    return Array.from({ length: extent }, (_, j): UnitFact => {
      const value = f(sides.map((side) => side(j)));
      return value === undefined ? 'varies' : computedFact(value);
    });
  });
  return spreadFacts(facts);
}
