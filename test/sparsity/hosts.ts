import { placesOf } from '../../src/compiler/5-shrink/cut.js';
import { Stream } from '../../src/random/streams.js';
import { methods } from '../../src/sparsity/index.js';
import type { EpochMoment, HostSite, Placed, Sample, SampleTensor } from '../../src/sparsity/method.js';
import { withDefaults } from '../parity/support.js';

/** What a test says of a kernel, the rest being that of a Dense layer without a bias. */
export interface Given {
  readonly layer?: string;
  readonly tensor?: string;
  readonly shape: readonly number[];
  readonly kernel: readonly number[];
  readonly bias?: readonly number[];
  /** Axes of the kernel that its units do not stand on; absent: all but the last. */
  readonly incoming?: readonly number[];
  /** Identities of the written units; absent: units of its own. */
  readonly written?: readonly number[];
  readonly outputs?: readonly number[];
  readonly whole?: { readonly weights: number; readonly units: number };
}

let units = 0;

/** The kernels of a method outside of a step program. */
export function hostSites(
  word: keyof typeof methods,
  args: Readonly<Record<string, unknown>>,
  given: readonly Given[],
): HostSite<never>[] {
  return given.map((one, k) => {
    const { shape } = one;
    const incoming = one.incoming ?? shape.slice(0, -1).map((_, axis) => axis);
    const groups = placesOf(shape, incoming);
    const outputs = new Set(one.outputs);
    const bias = one.bias && Float32Array.from(one.bias);
    const kernel = Float32Array.from(one.kernel);
    const site: Partial<HostSite<never>> = {
      arguments: withDefaults(methods[word], args) as never,
      site: {
        layer: one.layer ?? `layer${k}`,
        tensor: one.tensor ?? 'kernel',
        kernelShape: shape,
        incoming,
        outgoing: undefined,
        ...(outputs.size > 0 && { outputs }),
      },
      kernel,
      bias,
      initial: { kernel: kernel.slice(), bias: bias?.slice() },
      tensors: {},
      unitOf: { incoming: groups, outgoing: undefined },
      unitOfBias: bias && Int32Array.from(bias, (_, unit) => unit),
      written: one.written ?? Array.from({ length: groups.count }, () => units++),
      isWrittenLast: true,
      whole: one.whole ?? { weights: kernel.length, units: groups.count },
      isOutput: (unit: number) => outputs.has(unit),
    };
    // What is looked at.
    return site as HostSite<never>;
  });
}

/** Rows by layer, [rows][units] or [rows][places][units] row-major with its shape. */
export interface Rows {
  readonly writes?: Readonly<Record<string, SampleTensor>>;
  readonly gradients?: Readonly<Record<string, SampleTensor>>;
  readonly targets?: SampleTensor;
}

export function tensor(shape: readonly number[], data: readonly number[]): SampleTensor {
  return { shape, data: Float32Array.from(data) };
}

/** The moment of an epoch. */
export function moment(
  sites: readonly HostSite<never>[],
  at: { readonly epoch?: number; readonly epochs?: number; readonly last?: boolean; readonly seed?: number } & Rows,
): EpochMoment<never> {
  const { epoch = 0, epochs = 10, last = false, seed = 1 } = at;
  const sample: Partial<Sample> = {
    rows: 1,
    reads: () => Promise.reject(new Error('nothing is known of what layers read')),
    writes: async (layer: string) => at.writes![layer]!,
    gradients: async (layer: string) => at.gradients![layer]!,
    targets: async () => at.targets!,
  };
  return {
    sites,
    sample: () => sample as Sample,
    random: (name) => Stream.named(name, { seed, epoch }),
    pause: async () => {},
    epoch,
    epochs,
    last,
  };
}

/** Where an annotation is written, alone on a Dense layer where nothing else is said. */
export function placed(at: Partial<Placed> = {}): Placed {
  return { phases: ['train'], all: ['train', 'finetune'], others: [], layer: 'Dense', ...at } as Placed;
}

export const zeros = (data: Float32Array) => data.reduce((count, value) => count + Number(value === 0), 0);

/** The units of a Dense kernel [in, units] whose weights are all 0. */
export function deadUnits({ kernel, written }: HostSite<never>): number[] {
  return written.flatMap((_, unit) =>
    kernel.every((weight, k) => k % written.length !== unit || weight === 0) ? [unit] : [],
  );
}

/** Numbers of a stream, none of which is 0. */
export function drawn(count: number, seed: number): number[] {
  const stream = Stream.named('numbers of a test', { seed });
  return Array.from({ length: count }, (_, k) => stream.normal(k) || 1);
}
