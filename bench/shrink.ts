// What liveness and shrinking cost: networks of 10, 100 and 1,000 layers, the last of 100 million parameters. npm run bench -- --only shrink
import { activations } from '../src/activations/index.js';
import { lowerDims, parameterCount, paramSize } from '../src/compiler/3-dims/index.js';
import { shrink } from '../src/compiler/5-shrink/shrink.js';
import { Reports } from '../src/diagnostics/report.js';
import { Source } from '../src/diagnostics/source.js';
import { allParams, type Graph, type Network, type Node } from '../src/ir/graph.js';
import type { Kind } from '../src/ir/kind.js';
import { layerKind } from '../src/layers/index.js';

/** Residual blocks of two Dense, a batch norm and a sum: 4 layers and 2 · 447² weights each. */
const WIDTH = 447;

/** The defaults of a kind that are no words. */
function numbersOf({ schema }: Kind): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(schema.properties).flatMap(([key, { default: value }]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
}

function residual(layers: number): Graph {
  const span = { source: new Source('bench.dn', ''), start: 0, end: 0 };
  const nodes: Node[] = [];
  const add = (name: string, kind: string, from: readonly string[], args: Readonly<Record<string, unknown>> = {}) => {
    const defaults = Object.entries(layerKind(kind).schema.properties).flatMap(([key, schema]) => {
      if (!('default' in schema)) return [];
      const { default: value, registry } = schema as { default: unknown; registry?: string };
      return [[key, registry === undefined ? value : { word: value, arguments: {} }]];
    });
    nodes.push({
      name,
      kind,
      arguments: { ...Object.fromEntries(defaults), ...args },
      inputs: from.map((node) => ({ node, output: 0 })),
      annotations: [],
      span,
      statement: {
        kind: 'layer',
        span,
        names: [{ span, text: name }],
        call: { kind: 'call', span, callee: { span, text: kind } },
        inputs: [],
        annotations: [],
      },
    });
    return name;
  };
  const relu = { word: 'relu', arguments: numbersOf(activations.relu) };
  add('x', 'Input', [], { shape: [64] });
  let stream = add('stem', 'Dense', ['x'], { units: WIDTH, activation: relu });
  for (let block = 0; nodes.length + 5 <= layers; block++) {
    const inner = add(`inner_${block}`, 'Dense', [stream], { units: WIDTH, activation: relu });
    const last = add(`last_${block}`, 'Dense', [inner], { units: WIDTH });
    const norm = add(`norm_${block}`, 'BatchNormalization', [last]);
    stream = add(`sum_${block}`, 'Add', [stream, norm]);
  }
  add('out', 'Dense', [stream], { units: 10 });
  return { name: 'bench', nodes, inputs: ['x'], outputs: [{ name: 'out', node: 'out', output: 0 }] };
}

/** Drawn weights; of every tenth inner unit nothing is read, of every tenth other one nothing is written. */
function valuesOf(network: Network): Map<string, Float32Array> {
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1 || 0.5;
  };
  return new Map(
    allParams(network).map((param) => {
      const data = Float32Array.from({ length: paramSize(param) }, () =>
        param.trained ? next() : 1 + Math.abs(next()),
      );
      if (param.name.startsWith('last_') && param.tensor === 'kernel')
        for (let k = 0; k < data.length; k++) if (Math.floor(k / WIDTH) % 10 === 0) data[k] = 0;
      if (param.name.startsWith('inner_') && param.tensor === 'kernel')
        for (let k = 0; k < data.length; k++) if ((k % WIDTH) % 10 === 5) data[k] = 0;
      return [param.name, data];
    }),
  );
}

const isJson = process.argv.includes('--json');
const sizes = process.argv.slice(2).flatMap((word) => (word === '--json' ? [] : [Number(word)]));
const found = (sizes.length > 0 ? sizes : [10, 100, 1000]).map((layers) => {
  const reports = new Reports();
  const network = lowerDims(residual(layers), {}, reports);
  reports.throwIfFailed();
  const values = valuesOf(network);
  const times: number[] = [];
  let removed = 0;
  for (let round = 0; round < 3; round++) {
    // Of the process, so that what else the machine does counts little.
    const began = process.cpuUsage();
    const result = shrink(network, values);
    times.push(process.cpuUsage(began).user / 1e6);
    removed = result.kept.reduce((sum, { before, positions }) => sum + before - positions.length, 0);
  }
  return {
    layers: network.graph.nodes.length,
    parameters: parameterCount(network),
    removed,
    seconds: Math.min(...times),
  };
});
if (isJson) process.stdout.write(`${JSON.stringify(found)}\n`);
else
  for (const { layers, parameters, removed, seconds } of found)
    process.stdout.write(
      `${layers} layers, ${parameters.toLocaleString('en')} parameters: ${seconds.toFixed(3)} s of the processor, ${removed} units gone\n`,
    );
