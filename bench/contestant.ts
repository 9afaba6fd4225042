// One way of training a network with dnc, as a process that the bench asks for rounds: node contestant.mjs '{"engine": …}' POOL.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { stepProgram } from '../src/compiler/4-program/index.js';
import { compile } from '../src/compiler/compile.js';
import { Batches } from '../src/data/batches.js';
import { Source } from '../src/diagnostics/source.js';
import { initializers } from '../src/initializers/index.js';
import type { InitializerKind } from '../src/initializers/initializer.js';
import { initialTensor } from '../src/initializers/initial.js';
import type { HostTensor } from '../src/program/program.js';
import { type EngineName, engines } from '../src/runtime/engines/index.js';
import { processorFeatures } from '../src/runtime/engines/processor.js';
import { ScalarInputs } from '../src/runtime/training/scalar-inputs.js';

interface Request {
  readonly engine: EngineName;
  readonly threads: number;
  readonly updatePass?: boolean;
  /** The spec's text. */
  readonly spec: string;
  /** Extents of a row of the pool as the network takes it. */
  readonly image: readonly number[];
  readonly batch: number;
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
const phase = spec.train.phases[0]!;
const step = stepProgram(network, { ...phase, finetune: false });
const compiled = performance.now();

const images = floatsOf(poolFile!);
const labels = Int32Array.from(readFileSync(labelsFile!));
const rows = labels.length;
const batches = new Batches(
  {
    rows,
    tensors: [
      { name: 'image', extents: request.image, width: 784, data: images, rows: undefined },
      { name: `target:${step.targets[0]!.output}`, extents: [], width: 1, data: labels, rows: undefined },
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
await loaded.setState(
  Object.fromEntries(
    step.state.map(({ name, shape, param, slot }): [string, HostTensor] => {
      if (slot !== undefined)
        return [name, { shape, data: new Float32Array(shape.reduce((size, extent) => size * extent, 1)) }];
      const kind = (initializers as Readonly<Record<string, InitializerKind>>)[param.initializer.word]!;
      return [name, { shape, data: initialTensor(param.initializer, kind, { name, shape, seed: request.seed }) }];
    }),
  ),
);

const scalarInputs = new ScalarInputs();
let done = 0;
let loss = 0;
/** As the training loop: batch, scalars, one run, its results read. */
async function train(steps: number): Promise<void> {
  let sum = 0;
  for (let k = 0; k < steps; k++) {
    if (done % batches.steps === 0) batches.begin(done / batches.steps);
    const { inputs, rows } = batches.read(done % batches.steps);
    const scalars = step.scalars({ step: done + 1, learningRate: 1e-3, rows });
    const results = await loaded.run('step', { ...inputs, ...scalarInputs.of(scalars) });
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
  compileMs: compiled - compiling,
  loadMs: first - loading,
  loss,
});

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break;
  const { steps } = JSON.parse(line) as { readonly steps: number };
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
