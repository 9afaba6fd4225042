// One way of training a network with dnc, as a process that the bench asks for rounds: node contestant.mjs '{"engine": …}' POOL.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { stepProgram } from '../src/compiler/4-program/index.js';
import { compile } from '../src/compiler/compile.js';
import { Batches } from '../src/data/batches.js';
import { Source } from '../src/diagnostics/source.js';
import { sizeOf } from '../src/program/program.js';
import { type EngineName, engines } from '../src/runtime/engines/index.js';
import { processorFeatures } from '../src/runtime/engines/processor.js';
import { RandomInputs } from '../src/runtime/training/random-inputs.js';
import { ScalarInputs } from '../src/runtime/training/scalar-inputs.js';
import { firstState } from './first-state.js';
import { productsOfStep } from './products.js';
import { profiled } from './profile.js';

interface Request {
  readonly engine: EngineName;
  readonly threads: number;
  readonly updatePass?: boolean;
  /** The spec's text. */
  readonly spec: string;
  /** Which of its phases; 0 where it is absent. */
  readonly phase?: number;
  /** Extents of a row of the pool as the network takes it. */
  readonly image: readonly number[];
  /** What the output is to predict: the row's class, or the row. */
  readonly targets?: 'input';
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly warmUp: number;
}

const [given, poolFile, labelsFile] = process.argv.slice(2);
const request = JSON.parse(given!) as Request;
const engine = engines[request.engine];

const found = await engine.probe();
if (!found.ready) {
  answer({ ready: false, because: found.because });
  process.exit(0);
}

const compiling = performance.now();
const { spec, network } = compile(new Source('bench.dn', request.spec));
const phases = spec.train.phases.map((phase) => ({ ...phase, finetune: false }));
const phase = phases[request.phase ?? 0]!;
const step = stepProgram(network, { ...phase, earlier: phases.slice(0, request.phase ?? 0) });
const compiled = performance.now();

const images = floatsOf(poolFile!);
const labels = readFileSync(labelsFile!);
const rows = labels.length;
const width = sizeOf(request.image);
const target = step.targets[0]!;
const targets =
  request.targets === 'input'
    ? { extents: request.image, width, data: images }
    : target.form === 'values'
      ? { extents: [1], width: 1, data: Float32Array.from(labels) }
      : { extents: [], width: 1, data: Int32Array.from(labels) };
const batches = new Batches(
  {
    rows,
    tensors: [
      { name: network.graph.inputs[0]!, extents: request.image, width, data: images, rows: undefined },
      { name: `target:${target.output}`, ...targets, rows: undefined },
    ],
  },
  { batchSize: request.batch, seed: request.seed },
);

const loading = performance.now();
const options = {
  threads: request.threads,
  ...(request.updatePass !== undefined && { updatePass: request.updatePass }),
};
const loaded = await engine.load({ step: step.program }, options);
await loaded.setState(firstState(step.state, request.seed));

const scalarInputs = new ScalarInputs();
const random = new RandomInputs(step.program, request.seed);
let done = 0;
let loss = 0;
/** As the training loop: batch, random numbers, scalars, one run, its results read. */
async function train(steps: number): Promise<void> {
  let sum = 0;
  for (let k = 0; k < steps; k++) {
    const [epoch, at] = [Math.floor(done / batches.steps), done % batches.steps];
    if (at === 0) batches.begin(epoch);
    const { inputs, rows } = batches.read(at);
    const scalars = step.scalars({ step: done + 1, learningRate: request.learningRate, rows });
    const results = await loaded.run('step', {
      ...inputs,
      ...random.draw({ epoch, step: at }, rows),
      ...scalarInputs.of(scalars),
    });
    for (const [name, { data }] of Object.entries(results))
      if (!Number.isFinite(data[0])) throw new Error(`step ${done + 1}: ${name} is ${data[0]}`);
    sum += results.loss!.data[0]! / rows;
    done += 1;
  }
  loss = sum / steps;
}

await train(1);
const first = performance.now();
await train(request.warmUp);
answer({
  ready: true,
  describe: loaded.describe,
  versions: { [request.engine]: found.version, node: process.versions.node },
  machine: processorFeatures(),
  /** Floating point operations of a step's products: what bounds it from below. */
  flops: 2 * request.batch * productsOfStep(network),
  compileMs: compiled - compiling,
  loadMs: first - loading,
  loss,
});

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break;
  const { steps, profile } = JSON.parse(line) as { readonly steps: number; readonly profile?: boolean };
  if (profile) {
    answer({ profile: await profiled(() => train(steps)) });
    continue;
  }
  const start = performance.now();
  await train(steps);
  answer({ ms: performance.now() - start, loss });
}
await loaded.close();
answer({ peakBytes: peakBytes() });
process.exit(0);

/** Largest resident memory. Linux' own count for a process starts with that of the one that started it, so the kernel's for the memory map comes first. */
function peakBytes(): number {
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return 1024 * (kilobytes ? Number(kilobytes) : process.resourceUsage().maxRSS);
}

function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function floatsOf(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
