import type { HostTensor } from '../../program/program.js';

/** The scalar inputs of a program as engines take them. Their memory is taken once: new arrays for a handful of numbers would take longer than the second thread of a step needs to get ready. */
export class ScalarInputs {
  private readonly tensors: Record<string, HostTensor> = {};

  /** Valid until the next call. */
  of(scalars: Readonly<Record<string, number>>): Readonly<Record<string, HostTensor>> {
    const { tensors } = this;
    for (const name of Object.keys(scalars)) {
      tensors[name] ??= { shape: [], data: new Float32Array(1) };
      tensors[name].data[0] = scalars[name]!;
    }
    return tensors;
  }
}
