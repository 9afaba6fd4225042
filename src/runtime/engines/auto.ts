import { stretchesOf } from '../../compiler/checks/outputs.js';
import type { Compiled } from '../../compiler/compile.js';
import { forwardProgram } from '../../compiler/4-program/index.js';
import { multiplyAdds } from '../../compiler/3-dims/index.js';
import type { Network } from '../../ir/graph.js';
import { isProgram, type Program } from '../../program/program.js';

/** What `auto` knows of a training: the same spec gives the same, so that nothing is chosen by a clock. */
export interface StepSize {
  /** Of the largest step: three times those of the forward pass of a row (the pass, and the two products of its gradient), times the rows. */
  readonly multiplyAdds: number;
  /** Whether it has convolutions, of which libraries for graphics cards find the fastest form by trying. */
  readonly convolutions: boolean;
}

/** The size of the steps of a network that is trained in batches of so many rows. */
export function stepSize(network: Network, batchSizes: readonly number[]): StepSize {
  return {
    multiplyAdds: 3 * multiplyAdds(network) * Math.max(...batchSizes),
    // Few ask, and making the program takes longer than all else here.
    get convolutions() {
      return convolves(forwardProgram(network, { mode: 'inference' }));
    },
  };
}

/** The size of the steps of a spec's training: of its phases, and of the fine-tuning. */
export function stepSizeOf({ spec, network }: Pick<Compiled, 'spec' | 'network'>): StepSize {
  return stepSize(
    network,
    stretchesOf(spec).map(({ batch_size }) => batch_size),
  );
}

function convolves({ instructions }: Program): boolean {
  return instructions.some(
    ({ op, attributes }) =>
      op.startsWith('conv') || Object.values(attributes).some((one) => isProgram(one) && convolves(one)),
  );
}

/**
 * Multiply-adds from which a step takes all cores unless `--threads` says otherwise; one below.
 *
 * Measured with onnxruntime 1.30 on two cores that other work shared (2026-11-22; `dnc engines --measure` does the same): least time of 300 rounds in milliseconds a step,
 * with two threads, and with one.
 *
 * | network, rows in a batch | multiply-adds a step | two | one |
 * | --- | ---: | ---: | ---: |
 * | specs/sparse-regression.dn, 25 | 7,875 | 0.062 | 0.062 |
 * | specs/breast-cancer.dn, 32 | 47,616 | 0.072 | 0.073 |
 * | specs/sonar.dn, 32 | 140,544 | 0.083 | 0.073 |
 * | specs/wine-quality.dn, 64 | 327,168 | 0.135 | 0.115 |
 * | specs/california-housing.dn, 128 | 1,118,208 | 0.157 | 0.134 |
 * | the same, 256 | 2,236,416 | 0.561 | 0.215 |
 * | the same, 512 | 4,472,832 | 0.775 | 0.354 |
 * | specs/sonar.dn, 1024 | 4,497,408 | 0.825 | 0.637 |
 * | specs/california-housing.dn, 1024 | 8,945,664 | 0.827 | 0.779 |
 * | the same, 4096 | 35,782,656 | 2.288 | 2.603 |
 * | specs/quickstart.dn, 64 | 19,513,344 | 0.485 | 0.554 |
 *
 * In the median, with the other work, one thread took between a third and the whole of what two took in all of them but the first and the third. More than two cores were not
 * measured. On the processor onnxruntime was the fastest engine for every one of them: tfjs-wasm takes 3 to 19 times as long, tfjs-cpu 8 to 160 times.
 */
export const ALL_CORES = 2 ** 24;

/** How many threads a step gets where nobody says. */
export function threadsFor(size: StepSize, cores: number): number {
  return size.multiplyAdds < ALL_CORES ? 1 : cores;
}

/**
 * How many threads each of so many trainings gets that share the cores: one, unless there are cores for more. Steps of their own side by side are more work done than one step
 * on two threads: by docs/performance.md two trainings on a thread each make 2 / 2.15 steps in a millisecond of LeNet-300-100, one on two threads 1 / 1.21.
 */
export function threadsBeside(size: StepSize, cores: number, trainings: number): number {
  return Math.min(threadsFor(size, cores), Math.max(1, Math.floor(cores / trainings)));
}

/**
 * Multiply-adds from which a step is for a graphics card, where one is ready. An estimate, as there was none to measure with: what goes to the card and back
 * and the start of each kernel take some milliseconds, in which a few cores do less than this.
 */
export const GRAPHICS_CARD = 2 ** 31;

/** For which steps an engine is taken before those that come first. */
export interface LargeSteps {
  /** Those of so many multiply-adds and more, ... */
  readonly from: number;
  /** ... also where there are convolutions. */
  readonly convolutions: boolean;
}

/** The engines on graphics cards that `auto` takes for large steps, the better one first. Others of their kind are taken when they are asked for. */
export const forLargeSteps: Readonly<Record<string, LargeSteps>> = {
  'tfjs-node-gpu': { from: GRAPHICS_CARD, convolutions: true },
  // Convolutions: see onnxruntime/providers.ts.
  'onnxruntime-cuda': { from: GRAPHICS_CARD, convolutions: false },
};

/** Whether a step is one of them. */
export function isLarge({ from, convolutions }: LargeSteps, size: StepSize): boolean {
  return size.multiplyAdds >= from && (convolutions || !size.convolutions);
}
