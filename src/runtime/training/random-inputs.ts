import type { StepPlace } from '../../data/batches.js';
import type { Extent, HostTensor, Program, RandomSpec } from '../../program/program.js';
import { drawRandom } from '../../random/streams.js';

/** A random input of a program. Plain data, so that another thread can be told. */
export interface RandomInput {
  readonly name: string;
  readonly random: RandomSpec;
  /** What is the same for all rows of the batch is drawn as a row of its own. */
  readonly rows: Extent;
  /** Of a row. */
  readonly extents: readonly number[];
}

export function randomInputs(program: Program): readonly RandomInput[] {
  return program.inputs.flatMap(({ name, random, value }) => {
    if (!random) return [];
    const [rows, ...extents] = program.values[value]!.shape;
    return [{ name, random, rows: rows!, extents: extents as readonly number[] }];
  });
}

/** How many rows of it are drawn for a batch of so many. */
export function drawnRows({ rows }: RandomInput, batch: number): number {
  return rows === 'batch' ? batch : rows;
}

/** How many numbers. */
export function drawnNumbers(input: RandomInput, batch: number): number {
  return drawnRows(input, batch) * input.random.units.length;
}

/** Draws the random inputs of a program: the numbers depend on seed, stream, epoch and step alone. */
export class RandomInputs {
  readonly inputs: readonly RandomInput[];
  private readonly buffers: Float32Array[];

  constructor(
    program: Program,
    private readonly seed: number,
  ) {
    this.inputs = randomInputs(program);
    this.buffers = this.inputs.map(() => new Float32Array(0));
  }

  draw(at: StepPlace, rows: number): Record<string, HostTensor> {
    return this.take(rows, (buffer, { random }, drawn) => {
      drawRandom(random, { seed: this.seed, ...at }, drawn, buffer);
    });
  }

  /** The same, with the numbers that `fill` writes into the memory of each. */
  take(
    rows: number,
    fill: (buffer: Float32Array, input: RandomInput, drawn: number, index: number) => void,
  ): Record<string, HostTensor> {
    const taken: Record<string, HostTensor> = {};
    for (const [k, input] of this.inputs.entries()) {
      const drawn = drawnRows(input, rows);
      const size = drawnNumbers(input, rows);
      if (this.buffers[k]!.length !== size) this.buffers[k] = new Float32Array(size);
      fill(this.buffers[k]!, input, drawn, k);
      taken[input.name] = { shape: [drawn, ...input.extents], data: this.buffers[k]! };
    }
    return taken;
  }
}
