// What shrinking brings at inference: node inference.mjs <run> <rows in a batch> <rounds> <threads>. Prints the milliseconds of a forward pass of the network as trained and of
// the simplified one, in turns: for every round the medians of both; and the multiply-adds for a row.
import { compile } from '../src/compiler/compile.js';
import { engines } from '../src/runtime/engines/index.js';
import { RunFolder } from '../src/runtime/run/run-folder.js';
import { measureLatency } from '../src/runtime/simplify/latency.js';
import { readSpecFile } from '../src/runtime/spec/spec-file.js';
import { simplifiedOf } from '../src/runtime/sweep/trial.js';
import { readTrained, startingValues } from '../src/runtime/weights/load.js';

const [folder = '', batchSize, rounds, threads] = process.argv.slice(2);
const run = new RunFolder(folder);
const record = run.readRecord();
const whole = compile(readSpecFile(run.specText(record)), { sets: record.sets });
const small = simplifiedOf(folder);
const networks = [
  { network: whole.network, values: readTrained(run.file('trained.safetensors'), whole) },
  {
    network: small.compiled.network,
    values: startingValues(small.compiled, small.file, { fromScratch: false }),
  },
];
const milliseconds: (number | undefined)[][] = [];
const multiplyAdds: (number | undefined)[] = [];
let engine = '';
for (let round = 0; round < Number(rounds); round++) {
  const turns = round % 2 === 0 ? [0, 1] : [1, 0];
  const taken: (number | undefined)[] = [];
  for (const turn of turns) {
    const table = await measureLatency({
      networks: [networks[turn]!],
      batchSize: Number(batchSize),
      engine: engines.onnxruntime!,
      engineOptions: { threads: Number(threads) },
    });
    taken[turn] = table.entries[0]?.milliseconds;
    multiplyAdds[turn] = table.entries[0]?.multiply_adds;
    engine = table.engine;
  }
  milliseconds.push(taken);
}
console.log(JSON.stringify({ engine, batch: Number(batchSize), multiplyAdds, milliseconds }));
