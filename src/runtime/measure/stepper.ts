import { stepProgram } from '../../compiler/4-program/index.js';
import type { Compiled } from '../../compiler/compile.js';
import type { PhaseSpec } from '../../compiler/spec.js';
import { Batches } from '../../data/batches.js';
import { type HostTensor, sizeOf } from '../../program/program.js';
import type { Engine, EngineOptions, Loaded } from '../engines/engine.js';
import { phaseWeights } from '../training/class-counts.js';
import { RandomInputs } from '../training/random-inputs.js';
import { ScalarInputs } from '../training/scalar-inputs.js';
import { StepInputs } from '../training/step-inputs.js';
import { initialValues } from '../weights/initial-values.js';
import { drawnRows } from './drawn-rows.js';

/** So many batches are drawn, unless they hold more numbers than `MOST_NUMBERS`. */
const BATCHES = 8;
const MOST_NUMBERS = 1 << 22;

/** What is trained with: the losses of drawn rows mean nothing, and the weights are to stay in the range of good numbers. */
const LEARNING_RATE = 1e-5;

/**
 * The training step of a spec's first phase on drawn rows: what it takes to run one is what training takes, batch, random numbers and scalars
 * among it, in another thread where training makes them there. Pictures are not augmented, and nothing is learned.
 */
export class Stepper {
  private readonly step;
  private readonly batches: Batches;
  private readonly inputs: StepInputs;
  private readonly scalars = new ScalarInputs();
  private loaded: Loaded | undefined;
  private done = 0;

  /** `threadsAsked`: whether somebody asked for so many. */
  constructor(
    private readonly compiled: Compiled,
    private readonly engine: Engine,
    private readonly options: EngineOptions & { readonly threadsAsked: boolean },
  ) {
    const { network, spec } = compiled;
    const phase = drawnPhase(spec.train.phases[0]!);
    const one = drawnRows(network, phase, 1);
    const numbers = one.tensors.reduce((sum, { width }) => sum + width, 0) * phase.batch_size;
    const rows = phase.batch_size * Math.max(1, Math.min(BATCHES, Math.floor(MOST_NUMBERS / numbers)));
    const table = drawnRows(network, phase, rows);
    this.step = stepProgram(network, { ...phase, finetune: false, ...phaseWeights(phase, network, table) });
    const { seed } = spec.train;
    this.batches = new Batches(table, { batchSize: phase.batch_size, seed });
    const threads = { count: options.threads, asked: options.threadsAsked };
    this.inputs = new StepInputs(this.batches, new RandomInputs(this.step.program, seed), { seed, threads });
  }

  /** Loads the engine and makes the first step. Gives what the engine says of itself. */
  async open(): Promise<string> {
    const { network, spec } = this.compiled;
    this.loaded = await this.engine.load({ step: this.step.program }, this.options);
    const initial = initialValues(network, spec.train.seed);
    await this.loaded.setState(
      Object.fromEntries(
        this.step.state.map(({ name, shape, slot, start = 0 }): [string, HostTensor] => {
          const values = slot === undefined ? initial.get(name) : undefined;
          return [name, { shape, data: values ?? new Float32Array(sizeOf(shape)).fill(start) }];
        }),
      ),
    );
    await this.run(1);
    return this.loaded.describe;
  }

  /** Makes so many steps. Gives how long they took, in milliseconds. */
  async run(steps: number): Promise<number> {
    const { loaded } = this;
    if (!loaded) throw new Error('a step before the engine was loaded');
    const began = performance.now();
    for (let k = 0; k < steps; k++) {
      const { steps: inEpoch } = this.batches;
      const at = { epoch: Math.floor(this.done / inEpoch), step: this.done % inEpoch };
      const { inputs, rows } = await this.inputs.read(at);
      const scalars = this.step.scalars({ step: this.done + 1, learningRate: LEARNING_RATE, rows });
      await loaded.run('step', { ...inputs, ...this.scalars.of(scalars) });
      this.done += 1;
    }
    return performance.now() - began;
  }

  async close(): Promise<void> {
    await this.inputs.close();
    await this.loaded?.close();
    this.loaded = undefined;
  }
}

/** Weights of classes by names that only data know: any weights are as much work. */
function drawnPhase({ class_weight: weights, ...phase }: PhaseSpec): PhaseSpec {
  return weights === undefined ? phase : { ...phase, class_weight: 'balanced' };
}
