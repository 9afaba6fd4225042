import { Reports } from '../diagnostics/report.js';
import type { Source } from '../diagnostics/source.js';
import { printDocument } from '../dsl/print.js';
import { showShape } from '../ir/dims.js';
import type { Network } from '../ir/graph.js';
import { printProgram } from '../program/print.js';
import { paramShape } from './3-dims/index.js';
import { evaluationProgram, forwardProgram, stepProgram } from './4-program/index.js';
import { type CompileOptions, compile, resolvedText } from './compile.js';
import { readDocument } from './document.js';

type StagePrinter = (source: Source, options: CompileOptions) => string;

/** What `dnc show --stage` prints: the result of each stage, as text. */
export const stagePrinters = {
  document: (source) => {
    const reports = new Reports();
    const document = readDocument(source, reports);
    reports.throwIfFailed();
    return printDocument(document);
  },
  spec: (source, options) => resolvedText(compile(source, options)),
  graph: (source, options) => printGraph(compile(source, options).network),
  dims: (source, options) => printDims(compile(source, options).network),
  forward: (source, options) => printProgram(forwardProgram(compile(source, options).network, { mode: 'inference' })),
  step: (source, options) => {
    const { network, spec } = compile(source, options);
    return spec.train.phases
      .map((phase) => printProgram(stepProgram(network, { ...phase, finetune: false }).program))
      .join('\n');
  },
  evaluation: (source, options) => {
    const { network, spec } = compile(source, options);
    return printProgram(evaluationProgram(network, spec.train.phases[0]!).program);
  },
} as const satisfies Readonly<Record<string, StagePrinter>>;

/** Every layer with what it reads: of several outputs which one, and whose parameters it uses where they are another's. */
function printGraph({ graph }: Network): string {
  const outputs = new Map(graph.nodes.map((node) => [node.name, node.outputs]));
  return graph.nodes
    .map(({ name, kind, inputs, shares }) => {
      const read = inputs.map(({ node, output }) => outputs.get(node)?.[output] ?? node);
      const owner = shares === undefined ? '' : `, as ${shares}`;
      return `${name} = ${kind}${owner}${read.length > 0 ? ` <- ${read.join(', ')}` : ''}\n`;
    })
    .join('');
}

/** Every layer's shape with the units of each axis, and its parameters with what their axes read and write. */
function printDims(network: Network): string {
  const { dims } = network;
  const unitsOf = (units: readonly number[]) => {
    const roots = units.map((unit) => dims.find(unit));
    const [first] = roots;
    if (first === undefined) return 'none';
    const run = roots.every((unit, k) => unit === first + k);
    return run
      ? `u${first}${roots.length > 1 ? `..${first + roots.length - 1}` : ''}`
      : `u${first}, … (${roots.length})`;
  };
  return network.graph.nodes
    .map((node) => {
      const shapes = network.shapes.get(node.name)!;
      const lines = shapes.map((shape) => {
        const pins = new Set(
          shape.flatMap((dim) => dim.units.map((unit) => dims.pinOf(unit)).filter((pin) => pin !== undefined)),
        );
        return `${node.name}: ${showShape(shape)}  [${shape.map((dim) => unitsOf(dim.units)).join(' | ')}]${pins.size > 0 ? `  pinned: ${[...pins].join('; ')}` : ''}\n`;
      });
      const params = Object.values(network.params.get(node.name) ?? {}).map(
        (param) =>
          `  ${param.name}: ${paramShape(param).join('×')}  [${param.axes.map((axis) => `${axis.role} ${unitsOf(axis.dim.units)}`).join(' | ')}]\n`,
      );
      return [...lines, ...params].join('');
    })
    .join('');
}
