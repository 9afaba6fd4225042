import { type Program, sizeOf } from '../../../../program/program.js';
import { type Graph, type NodeId, CannotTake } from './graph.js';
import type { Place, Plan } from './plan.js';

/** Where everything lies in the module's memory, in bytes. Fixed before the module is written: addresses are constants in its code. */
export interface Layout {
  address(place: Place): number;
  /** Room for `bytes` more, for what one pass adds up. */
  scratch(bytes: number): number;
  /** Pages of 64 KiB that hold everything, once nothing more is added. */
  pages(): number;
  readonly views: readonly View[];
}

/** A tensor that the caller reads and writes. */
export interface View {
  readonly name: string;
  readonly address: number;
  readonly length: number;
}

const LINE = 64;
const PAGE = 65_536;
/** Less than 2³¹, so that addresses are positive 32-bit numbers. */
const LARGEST = 2 ** 31 - PAGE;

/** Lays out a program's inputs, results and states, and what the plan keeps besides. */
export function makeLayout(program: Program, graph: Graph, plan: Plan): Layout {
  let end = LINE;
  let large = 0;
  const allocate = (bytes: number): number => {
    // Equally long tensors would begin at equal addresses modulo 4096, where a processor takes a store to one for a store to the
    // next; so each begins some lines further on.
    if (bytes >= 4096) end += (large++ % 8) * 5 * LINE;
    const address = end;
    // Vectors are read and added up whole, also where a row ends within one.
    end = Math.ceil((end + bytes + 16) / LINE) * LINE;
    if (end > LARGEST) throw new CannotTake(`it needs more than ${LARGEST} bytes of memory`);
    return address;
  };

  const inputs = new Map<string, number>();
  const results = new Map<string, number>();
  const owned = new Map<NodeId, number>();
  const views: View[] = [];
  const addInput = (name: string, length: number) => {
    if (inputs.has(name)) return;
    const address = allocate(4 * length);
    inputs.set(name, address);
    views.push({ name, address, length });
  };
  const lengthOf = (value: number) => sizeOf(program.values[value]!.shape as readonly number[]);

  for (const { name, value } of program.inputs) addInput(name, lengthOf(value));
  for (const { name, role, value } of program.outputs) if (role === 'state') addInput(name, lengthOf(value));
  for (const { name, role, value } of program.outputs) {
    if (role !== 'result') continue;
    const length = lengthOf(value);
    const address = allocate(4 * length);
    results.set(name, address);
    views.push({ name: inputs.has(name) ? `result:${name}` : name, address, length });
  }
  for (const place of plan.places.values()) {
    if (place.kind === 'node') owned.set(place.node, allocate(4 * sizeOf(graph.nodes[place.node]!.shape)));
  }

  return {
    views,
    scratch: allocate,
    pages: () => Math.ceil((end + LINE) / PAGE),
    address(place) {
      const found =
        place.kind === 'input'
          ? inputs.get(place.name)
          : place.kind === 'result'
            ? results.get(place.name)
            : owned.get(place.node);
      if (found === undefined) throw new Error(`the update pass has no memory for ${JSON.stringify(place)}`);
      return found;
    },
  };
}
