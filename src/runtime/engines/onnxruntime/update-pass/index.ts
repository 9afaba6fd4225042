import { type Program, sizeOf } from '../../../../program/program.js';
import { type HostFunction, hostFunctions, hostOperands } from './elementwise.js';
import { Code, encodeModule, type Import } from '../../../../wasm/encoder.js';
import { emitPass, emitSharedPass, type Sharing } from './emit.js';
import { buildGraph, CannotTake, type Graph } from './graph.js';
import { type Layout, makeLayout } from './layout.js';
import { makePlan, type Pass, type Place, type Plan, placeOf } from './plan.js';
import { schedule, type Task } from './schedule.js';
import { type WasmMemory, type WasmModule, webAssembly } from '../../../../wasm/webassembly.js';

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
  /**
   * For two threads: the update in phases, each of them a function for either thread, of this module and, by name, of the same code over the same memory. All
   * threads wait for each other between phases. They give the bits that `run` gives.
   */
  readonly phases:
    | {
        readonly first: readonly (() => void)[];
        readonly second: readonly string[];
        readonly code: WasmModule;
        readonly imports: readonly string[];
      }
    | undefined;
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
export async function compileUpdate(
  update: Program,
  sharing: Sharing = { threads: 1 },
): Promise<UpdatePass | { readonly reason: string }> {
  try {
    return await compile(update, sharing);
  } catch (error) {
    if (error instanceof CannotTake) return { reason: error.message };
    throw error;
  }
}

const hostNames = Object.keys(hostFunctions) as HostFunction[];

async function compile(update: Program, sharing: Sharing): Promise<UpdatePass> {
  const { threads } = sharing;
  if (!webAssembly) throw new CannotTake('this JavaScript has no WebAssembly');
  const graph = buildGraph(update);
  const plan = makePlan(graph);
  const layout = makeLayout(update, graph, plan);

  const imports = hostNames.map((name): Import => ({ name, operands: hostOperands(name) }));
  const call = (code: Code, name: HostFunction) => code.call(hostNames.indexOf(name));
  const copies = plan.copies.map(
    ({ node, from, to }): Copy => ({
      to: layout.address(to),
      from: layout.address(from),
      bytes: 4 * sizeOf(graph.nodes[node]!.shape),
    }),
  );
  const functions: Code[] = [];
  const add = (code: Code) => imports.length + functions.push(code) - 1;
  const runs = writeRuns(piecesOf(graph, plan, layout, call, sharing, add), copies, threads);
  const exports = Object.fromEntries(Object.entries(runs).map(([name, code]) => [name, add(code)]));

  const pages = layout.pages();
  const shared = threads > 1;
  const bytes = encodeModule({ pages, shared, imports, functions, exports });
  let memory: WasmMemory;
  try {
    memory = new webAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (error) {
    if (error instanceof RangeError) throw new CannotTake(`${pages} pages of memory are not to be had`);
    throw error;
  }
  const code = await webAssembly.compile(bytes);
  const instance = await webAssembly.instantiate(code, { host: { memory, ...hostFunctions } });

  for (const [id, node] of graph.nodes.entries()) {
    if (node.kind !== 'array') continue;
    const address = layout.address({ kind: 'node', node: id });
    if (node.dtype === 'float') new Float32Array(memory.buffer, address, node.data.length).set(node.data);
    else new Int32Array(memory.buffer, address, node.data.length).set(node.data.map((one) => (one === 0 ? 0 : -1)));
  }
  const views = Object.fromEntries(
    layout.views.map(({ name, address, length }) => [name, new Float32Array(memory.buffer, address, length)]),
  );
  const of = (name: string) => instance.exports[name] as () => void;
  const named = (thread: number) =>
    Object.keys(runs).flatMap((name) => (name.startsWith(threadName(thread)) ? [name] : []));
  const phases = shared ? { first: named(0).map(of), second: named(1), code, imports: hostNames } : undefined;
  return { memory, views, run: of('run'), phases, describe: describe(plan) };
}

/** Bytes that are copied after all passes. */
interface Copy {
  readonly to: number;
  readonly from: number;
  readonly bytes: number;
}

/** A task, and the functions that do it: one, or one for each thread. */
interface Piece extends Task {
  readonly functions: readonly number[];
}

/** The passes as functions, each given to `add`, in an order in which they may run; those that pay are shared by the threads. */
function piecesOf(
  graph: Graph,
  plan: Plan,
  layout: Layout,
  call: (code: Code, name: HostFunction) => Code,
  sharing: Sharing,
  add: (code: Code) => number,
): readonly Piece[] {
  const key = (place: Place) => JSON.stringify(place);
  return plan.passes.flatMap((pass, index): Piece[] => {
    const reads = new Set([...pass.loaded].map((id) => key(placeOf(graph, plan, id))));
    const results = pass.reductions.map((node) => key({ kind: 'node', node }));
    const writes = new Set([...pass.stores.map(({ to }) => key(to)), ...results]);
    const cost = costOf(pass);
    const shared = sharing.threads > 1 ? emitSharedPass(graph, plan, pass, layout, call, sharing) : undefined;
    if (!shared) {
      return [{ shared: false, cost, reads, writes, functions: [add(emitPass(graph, plan, pass, layout, call))] }];
    }
    const functions = shared.parts.map(add);
    if (!shared.join) return [{ shared: true, cost, reads, writes, functions }];
    const partial = `partial sums ${index}`;
    return [
      { shared: true, cost, reads, writes: new Set([...writes, partial]), functions },
      { shared: false, cost: 1, reads: new Set([partial]), writes: new Set(results), functions: [add(shared.join)] },
    ];
  });
}

function costOf({ shape, computed, loaded, reductions }: Pass): number {
  return sizeOf(shape) * (computed.length + loaded.size + reductions.length) + 1;
}

function threadName(thread: number): string {
  return `thread ${thread}, phase `;
}

/** The functions that are exported: `run`, and for two threads those of each phase, in order. */
function writeRuns(pieces: readonly Piece[], copies: readonly Copy[], threads: number): Readonly<Record<string, Code>> {
  const copyAll = (code: Code) => {
    for (const { to, from, bytes } of copies) code.copy(to, from, bytes);
  };
  const run = new Code();
  const phases = schedule(pieces, threads);
  // As the threads do it, one after the other, so that temporaries are there when they are read.
  for (const phase of phases)
    for (const [thread, tasks] of phase.entries()) for (const one of tasks) run.call(functionOf(pieces[one]!, thread));
  copyAll(run);
  const runs: Record<string, Code> = { run };
  if (threads === 1) return runs;
  for (let thread = 0; thread < threads; thread++) {
    const write = (phase: number, to: (code: Code) => void) => {
      const code = new Code();
      to(code);
      runs[`${threadName(thread)}${phase}`] = code;
    };
    for (const [index, phase] of phases.entries())
      write(index, (code) => {
        for (const one of phase[thread]!) code.call(functionOf(pieces[one]!, thread));
      });
    if (copies.length > 0) write(phases.length, (code) => thread === 0 && copyAll(code));
  }
  return runs;
}

function functionOf({ functions }: Piece, thread: number): number {
  return functions[Math.min(thread, functions.length - 1)]!;
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
