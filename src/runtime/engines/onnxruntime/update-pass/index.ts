import { type Program, sizeOf } from '../../../../program/program.js';
import { type HostFunction, hostFunctions, hostOperands } from './elementwise.js';
import { Code, encodeModule, type Import } from './encoder.js';
import { emitPass } from './emit.js';
import { buildGraph, CannotTake } from './graph.js';
import { makeLayout } from './layout.js';
import { makePlan, type Plan } from './plan.js';
import { type WasmMemory, webAssembly } from './webassembly.js';

/** The update of a program as one WebAssembly module over a memory that the engine shares with it. */
export interface UpdatePass {
  /** All tensors lie in it. It never grows, so views stay valid. */
  readonly memory: WasmMemory;
  /**
   * Every input (state, crossing tensor, scalar) and every result by name, dense, aligned to 64 bytes. A result that has the name
   * of an input or state is found under `result:` and its name.
   */
  readonly views: Readonly<Record<string, Float32Array>>;
  /** One update: states are overwritten by their next values, results are set. Inputs other than states are left as they are. */
  run(): void;
  /** For people: "update in WebAssembly: 3 passes over 266,610 numbers". */
  readonly describe: string;
}

/**
 * Compiles the update region of a step to WebAssembly with 128-bit SIMD. The program's inputs are float tensors of known shapes: states,
 * scalars, and what the other region hands over; its instructions are elementwise operations, reductions, reshapes and constants,
 * whatever optimizer, penalty or proximal step they come from. Gives a reason where something else is among them.
 *
 * graph.ts reads the program, plan.ts groups it into passes over memory, layout.ts gives everything an address, emit.ts writes
 * the loops, encoder.ts the bytes.
 *
 * Numbers are float32, sums partly float64, every order is fixed: the same inputs give the same bits. States are
 * stored as multiples of 2⁻¹²⁶, the smallest normal number.
 */
export async function compileUpdate(update: Program): Promise<UpdatePass | { readonly reason: string }> {
  try {
    return await compile(update);
  } catch (error) {
    if (error instanceof CannotTake) return { reason: error.message };
    throw error;
  }
}

const hostNames = Object.keys(hostFunctions) as HostFunction[];

async function compile(update: Program): Promise<UpdatePass> {
  if (!webAssembly) throw new CannotTake('this JavaScript has no WebAssembly');
  const graph = buildGraph(update);
  const plan = makePlan(graph);
  const layout = makeLayout(update, graph, plan);

  const imports = hostNames.map((name): Import => ({ name, operands: hostOperands(name) }));
  const call = (code: Code, name: HostFunction) => code.call(hostNames.indexOf(name));
  const functions = plan.passes.map((pass) => emitPass(graph, plan, pass, layout, call));
  const run = new Code();
  for (const index of functions.keys()) run.call(imports.length + index);
  for (const { node, from, to } of plan.copies) {
    run.copy(layout.address(to), layout.address(from), 4 * sizeOf(graph.nodes[node]!.shape));
  }
  functions.push(run);

  const pages = layout.pages();
  const bytes = encodeModule({ pages, imports, functions, run: imports.length + functions.length - 1 });
  let memory: WasmMemory;
  try {
    memory = new webAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    if (error instanceof RangeError) throw new CannotTake(`${pages} pages of memory are not to be had`);
    throw error;
  }
  const { instance } = await webAssembly.instantiate(bytes, { host: { memory, ...hostFunctions } });

  for (const [id, node] of graph.nodes.entries()) {
    if (node.kind !== 'array') continue;
    const address = layout.address({ kind: 'node', node: id });
    if (node.dtype === 'float') new Float32Array(memory.buffer, address, node.data.length).set(node.data);
    else new Int32Array(memory.buffer, address, node.data.length).set(node.data.map((one) => (one === 0 ? 0 : -1)));
  }
  const views = Object.fromEntries(
    layout.views.map(({ name, address, length }) => [name, new Float32Array(memory.buffer, address, length)]),
  );
  return { memory, views, run: instance.exports.run as () => void, describe: describe(plan) };
}

/** How many passes over how many numbers: the places where a state is updated, each counted once, whatever slots it has. */
function describe({ passes }: Plan): string {
  const updated = new Map(
    passes.filter(({ stores }) => stores.some(({ state }) => state)).map(({ group, shape }) => [group, sizeOf(shape)]),
  );
  const numbers = [...updated.values()].reduce((sum, one) => sum + one, 0);
  const count = (value: number) => value.toLocaleString('en-US');
  return `update in WebAssembly: ${count(passes.length)} passes over ${count(numbers)} numbers`;
}
