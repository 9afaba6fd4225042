// What shuffling, reading rows and random numbers cost: node feeding.mjs '{"spec": …, "rounds": 5, "epochs": 4, …}'. Prints the milliseconds of a step of the whole training loop, as
// `dnc train` runs it, and of the same step program fed with the same numbers again and again; in turns, the medians of every round.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stepProgram } from '../src/compiler/4-program/index.js';
import { compile } from '../src/compiler/compile.js';
import { Source } from '../src/diagnostics/source.js';
import { type HostTensor, sizeOf } from '../src/program/program.js';
import { engines } from '../src/runtime/engines/index.js';
import { startRun } from '../src/runtime/run/run.js';
import { RandomInputs } from '../src/runtime/training/random-inputs.js';
import { ScalarInputs } from '../src/runtime/training/scalar-inputs.js';
import { firstState } from './first-state.js';

const request = JSON.parse(process.argv[2]!) as {
  readonly spec: string;
  readonly rounds: number;
  readonly threads: number;
};
const source = new Source('bench.dn', request.spec);
const { spec, network } = compile(source);
const phase = { ...spec.train.phases[0]!, finetune: false };

/** The step program alone: its inputs are drawn once. */
async function stepAlone(steps: number): Promise<number> {
  const step = stepProgram(network, phase);
  const loaded = await engines.onnxruntime.load({ step: step.program }, { threads: request.threads });
  await loaded.setState(firstState(step.state, 7));
  const rows = phase.batch_size;
  const input = network.graph.inputs[0]!;
  const extents = network.shapes.get(input)![0]!.map(({ units }) => units.length);
  const inputs: Record<string, HostTensor> = {
    [input]: {
      shape: [rows, ...extents],
      data: Float32Array.from({ length: rows * sizeOf(extents) }, (_, k) => ((k * 37) % 101) / 101),
    },
    [`target:${step.targets[0]!.output}`]: { shape: [rows], data: Int32Array.from({ length: rows }, (_, k) => k % 10) },
    ...new RandomInputs(step.program, 7).draw({ epoch: 0, step: 0 }, rows),
  };
  const scalars = new ScalarInputs();
  const times: number[] = [];
  for (let k = 0; k < steps; k++) {
    const began = performance.now();
    await loaded.run('step', { ...inputs, ...scalars.of(step.scalars({ step: k + 1, learningRate: 1e-3, rows })) });
    if (k >= steps / 5) times.push(performance.now() - began);
  }
  await loaded.close();
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}

/** The whole loop: epochs from beginning to end, without the first. */
async function wholeLoop(): Promise<{ readonly step: number; readonly steps: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dnc-bench-'));
  const specFile = path.join(folder, 'bench.dn');
  writeFileSync(specFile, request.spec);
  const times: number[] = [];
  let steps = 0;
  try {
    await startRun({
      engine: 'onnxruntime',
      engineOptions: { threads: request.threads },
      checkpointSeconds: 1e6,
      watcher: {
        note: () => {},
        epoch: (row, { epoch, seconds }) => {
          if (row.phase !== phase.name) return;
          steps = row.step / epoch;
          if (epoch > 1) times.push((1000 * seconds) / steps);
        },
      },
      stopping: { signal: undefined },
      specFile,
      source: new Source(specFile, request.spec),
      sets: [],
      dataFolder: undefined,
      fromScratch: false,
      out: path.join(folder, 'run'),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { step: times.sort((a, b) => a - b)[times.length >> 1]!, steps };
}

const alone: number[] = [];
const loop: number[] = [];
let steps = 100;
for (let round = 0; round < request.rounds; round++) {
  if (round % 2 === 1) alone.push(await stepAlone(steps));
  const whole = await wholeLoop();
  loop.push(whole.step);
  steps = whole.steps;
  if (round % 2 === 0) alone.push(await stepAlone(steps));
}
process.stdout.write(`${JSON.stringify({ alone, loop, steps })}\n`);
process.exit(0);
