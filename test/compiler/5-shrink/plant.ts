import { expect } from 'vitest';
import { paramShape, paramSize } from '../../../src/compiler/3-dims/index.js';
import { type ShrinkOptions, type ShrinkResult, shrink } from '../../../src/compiler/5-shrink/shrink.js';
import type { Unit } from '../../../src/ir/dims.js';
import { allParams, axisExtent, type Network, type Param, unitMakers } from '../../../src/ir/graph.js';
import { stridesOf } from '../../../src/program/shapes.js';
import { lower } from '../../parity/support.js';
import { difference, outputsOf, randomNumbers, withExact } from './networks.js';

/** The network of the layers of a spec; the outputs by name, or the last layer. */
export function netOf(layers: string, outputs?: string): Network {
  const arrow = outputs ? ` -> ${outputs}` : '';
  return lower(
    `model Net${arrow} {\n${layers}\n}\ndata { source: sparse_regression }\ntrain { loss: mse; epochs: 1 }\n`,
  ).network;
}

/** A network with drawn weights in which units are killed one by one. */
export class Plant {
  readonly values: Map<string, Float32Array>;

  constructor(
    readonly network: Network,
    readonly seed: number,
  ) {
    const next = randomNumbers(seed);
    this.values = new Map(
      allParams(network).map((param) => [
        param.name,
        Float32Array.from({ length: paramSize(param) }, () => (param.trained ? next() : 0.5 + Math.abs(next()))),
      ]),
    );
  }

  /** The units of the last axis of a layer's first output, or those inside of it that are called `<layer>.<part>`. */
  units(maker: string): readonly Unit[] {
    const made = unitMakers(this.network).find((one) => one.maker === maker);
    return made?.axis.units ?? this.network.shapes.get(maker)![0]!.at(-1)!.units;
  }

  param(name: string): Param {
    return allParams(this.network).find((param) => param.name === name)!;
  }

  /** Sets numbers of a parameter by their places. */
  set(name: string, places: Readonly<Record<number, number>>): this {
    for (const [place, value] of Object.entries(places)) this.values.get(name)![Number(place)] = value;
    return this;
  }

  /** No weight of the layer writes these units any more; its biases of them are `value`. */
  noInput(layer: string, positions: readonly number[], value = 0): this {
    const wanted = this.roots(layer, positions);
    for (const param of Object.values(this.network.params.get(layer.split('.')[0]!) ?? {})) {
      if (!param.trained) continue;
      const isBias = param.axes.every(({ role }) => role !== 'reads') && param.tensor.endsWith('bias');
      this.eachWeight(param, 'writes', wanted, (data, place) => {
        data[place] = isBias ? value : 0;
      });
    }
    return this;
  }

  /** No weight of any layer, or of `reader` alone, reads these units any more. */
  noReader(maker: string, positions: readonly number[], reader?: string): this {
    const roots = this.roots(maker, positions);
    const { dims } = this.network;
    // Also where they are a part of what is read, as behind a Flatten.
    const isOf = (unit: Unit): boolean => roots.has(dims.find(unit)) || dims.componentsOf(unit).some(isOf);
    const read = allParams(this.network).flatMap(({ axes }) => axes.flatMap(({ dim }) => dim.units));
    const wanted = new Set(read.filter(isOf).map((unit) => dims.find(unit)));
    for (const param of allParams(this.network))
      if (reader === undefined || param.layer === reader)
        this.eachWeight(param, 'reads', wanted, (data, place) => {
          data[place] = 0;
        });
    return this;
  }

  private roots(maker: string, positions: readonly number[]): ReadonlySet<Unit> {
    const units = this.units(maker);
    return new Set(positions.map((position) => this.network.dims.find(units[position]!)));
  }

  private eachWeight(
    param: Param,
    role: 'reads' | 'writes',
    wanted: ReadonlySet<Unit>,
    visit: (data: Float32Array, place: number) => void,
  ): void {
    const { dims } = this.network;
    const shape = paramShape(param);
    const strides = stridesOf(shape);
    const data = this.values.get(param.name)!;
    param.axes.forEach((axis, k) => {
      if (axis.role !== role) return;
      const rows = axisExtent(axis);
      const { groups = 1, by = param.axes.length - 1 } = axis;
      for (let place = 0; place < data.length; place++) {
        const position = Math.floor(place / strides[k]!) % shape[k]!;
        const telling = Math.floor(place / strides[by]!) % shape[by]!;
        const block = Math.floor((telling * groups) / shape[by]!);
        if (wanted.has(dims.find(axis.dim.units[block * rows + position]!))) visit(data, place);
      }
    });
  }

  /** Rows for every Input: numbers in (−1, 1), or whole ones from 0 on for those that `whole` names. */
  rows(count: number, whole: Readonly<Record<string, number>> = {}): Record<string, Float64Array> {
    const next = randomNumbers(this.seed + 77);
    return Object.fromEntries(
      this.network.graph.nodes
        .filter((node) => node.kind === 'Input')
        .map((node) => {
          const width = (node.arguments.shape as number[]).reduce((product, extent) => product * extent, 1);
          const most = whole[node.name];
          const draw = () => (most === undefined ? next() : Math.floor(Math.abs(next()) * most) % most);
          return [node.name, Float64Array.from({ length: count * width }, draw)];
        }),
    );
  }

  /** Shrinks, and holds the result to what every shrink must be: the same outputs, and at rest. */
  shrink(options: ShrinkOptions & { readonly whole?: Readonly<Record<string, number>> } = {}): Shrunk {
    const before = new Map([...this.values].map(([name, data]) => [name, data.slice()]));
    const result = shrink(this.network, this.values, options);
    expect(this.values).toEqual(before);
    const rows = this.rows(7, options.whole);
    const wanted = outputsOf(this.network, this.values, rows, 7);
    const exact = outputsOf(result.network, withExact(result), rows, 7);
    const stored = outputsOf(result.network, result.values, rows, 7);
    for (const { name } of this.network.graph.outputs) {
      expect(difference(wanted[name]!, exact[name]!), `float64, ${name}`).toBeLessThanOrEqual(1e-12);
      expect(difference(wanted[name]!, stored[name]!), `float32, ${name}`).toBeLessThanOrEqual(1e-5);
    }
    const again = shrink(result.network, result.values, options);
    expect({ edits: again.edits, layerEdits: again.layerEdits, changed: again.changed }, 'shrunk twice').toEqual({
      edits: [],
      layerEdits: [],
      changed: false,
    });
    expect(again.values).toEqual(result.values);
    return new Shrunk(result);
  }
}

/** The result of a shrink, with what cases ask of it. */
export class Shrunk {
  constructor(readonly result: ShrinkResult) {}

  /** Original indices of the units of a layer that stay. */
  left(maker: string): readonly number[] {
    return this.result.kept.find(({ layer }) => layer === maker)!.originals;
  }

  /** Why units of a layer stay that nothing reads. */
  pins(maker: string): readonly string[] {
    return this.result.pins.filter(({ layer }) => layer === maker).map(({ reason }) => reason);
  }

  argument(layer: string, name: string): unknown {
    return this.result.network.graph.nodes.find((node) => node.name === layer)?.arguments[name];
  }

  get layers(): readonly string[] {
    return this.result.network.graph.nodes.map(({ name }) => name);
  }

  inputsOf(layer: string): readonly string[] {
    return this.result.network.graph.nodes.find((node) => node.name === layer)!.inputs.map(({ node }) => node);
  }
}

export function plant(layers: string, seed: number, outputs?: string): Plant {
  return new Plant(netOf(layers, outputs), seed);
}
