// One whole run of LeNet-300-100 on drawn digits as a process: node live.mjs '{"live": "every: 1; after: 2", …}'. Prints seconds and what came out.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { multiplyAdds } from '../src/compiler/3-dims/index.js';
import { Source } from '../src/diagnostics/source.js';
import { startRun } from '../src/runtime/run/run.js';

const { live, epochs, threads } = JSON.parse(process.argv[2]!) as {
  readonly live: string;
  readonly epochs: number;
  readonly threads: number;
};
const text = `
model LeNet_300_100 @dropneuron(1e-3) {
  image = Input(784)
  fc1   = Dense(300, activation: relu)
  fc2   = Dense(100, activation: relu)
  digit = Dense(10)
}
data { source: drawn_digits(train: 22000, test: 2000); validation: 2000 }
train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  optimizer: adam(learning_rate: 1e-3)
  metrics: [accuracy]
  batch_size: 128
  epochs: ${epochs}
}
simplify { ${live} }
`;

const folder = mkdtempSync(path.join(tmpdir(), 'dnc-bench-'));
try {
  const specFile = path.join(folder, 'lenet.dn');
  writeFileSync(specFile, text);
  const out = path.join(folder, 'run');
  let began = 0;
  let ended = 0;
  let shrinks = 0;
  const epochSeconds: number[] = [];
  /** Multiply-adds of a row of what lives: of the whole network, then behind every epoch. */
  const sizes = [784 * 300 + 300 * 100 + 100 * 10];
  const { result } = await startRun({
    engine: 'onnxruntime',
    engineOptions: { threads },
    checkpointSeconds: 1e6,
    watcher: {
      // From the engine's being ready to the end of the last epoch: making it ready again is a part of it.
      note: (note) => {
        if (note.startsWith('train: ')) began = performance.now();
        if (note.startsWith('live shrinking: ')) shrinks += 1;
      },
      epoch: ({ alive }, { seconds }) => {
        ended = performance.now();
        epochSeconds.push(seconds);
        const [image, fc1, fc2] = [alive.image ?? 784, alive.fc1!, alive.fc2!];
        sizes.push(image * fc1 + fc1 * fc2 + fc2 * 10);
      },
    },
    stopping: { signal: undefined },
    specFile,
    source: new Source(specFile, text),
    sets: [],
    dataFolder: undefined,
    fromScratch: false,
    out,
  });
  const { before, after } = result!.network;
  process.stdout.write(
    `${JSON.stringify({
      seconds: (ended - began) / 1000,
      shrinks,
      epochSeconds,
      sizes,
      accuracy: result!.scores.test!.simplified.metrics.accuracy,
      before: multiplyAdds(before),
      after: multiplyAdds(after),
    })}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
