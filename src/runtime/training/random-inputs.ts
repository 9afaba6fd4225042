import type { HostTensor, Program } from '../../program/program.js';
import { drawRandom } from '../../random/streams.js';

/** Draws the random inputs of a program: the numbers depend on seed, stream, epoch and step alone. */
export class RandomInputs {
  private readonly specs;

  constructor(
    program: Program,
    private readonly seed: number,
  ) {
    this.specs = program.inputs.flatMap(({ name, random, value }) =>
      random
        ? [
            {
              name,
              random,
              // What is the same for all rows of the batch is drawn as a row of its own.
              rows: program.values[value]!.shape[0]!,
              extents: program.values[value]!.shape.slice(1) as readonly number[],
              buffer: new Float32Array(0),
            },
          ]
        : [],
    );
  }

  draw(at: { readonly epoch: number; readonly step: number }, rows: number): Record<string, HostTensor> {
    const drawn: Record<string, HostTensor> = {};
    for (const spec of this.specs) {
      const drawnRows = spec.rows === 'batch' ? rows : spec.rows;
      const size = drawnRows * spec.random.units.length;
      if (spec.buffer.length !== size) spec.buffer = new Float32Array(size);
      drawRandom(spec.random, { seed: this.seed, ...at }, drawnRows, spec.buffer);
      drawn[spec.name] = { shape: [drawnRows, ...spec.extents], data: spec.buffer };
    }
    return drawn;
  }
}
