// What random masks, shuffling and reading rows cost: the whole training loop beside its step program alone.
import { spawnSync } from 'node:child_process';
import { bundled } from '../../scripts/bundled.mjs';
import { goal, medianRatio } from '../goals.mjs';
import { spread } from '../rounds.mjs';
import { heading, ms, paragraphs, ratio, table } from '../text.mjs';

/** Nothing is validated, so that an epoch is its steps. */
const training = (rows, epochs, more = '') => `data { source: drawn_digits(train: ${rows}, test: 100)${more} }
train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  optimizer: adam(learning_rate: 1e-3)
  batch_size: 128
  epochs: ${epochs}
}
`;
const dense = (between) => `model Fed @dropneuron(1e-4, solver: gradient) {
  image = Input(784)
  fc1   = Dense(300, activation: relu)
${between}  fc2   = Dense(100, activation: relu)
${between}  digit = Dense(10)
}
`;
const pictures = `model Fed {
  image = Input(28, 28, 1)
  conv1 = Conv2D(20, 5)
  pool1 = MaxPooling2D
  conv2 = Conv2D(50, 5)
  pool2 = MaxPooling2D
  flat  = Flatten
  fc1   = Dense(500, activation: relu)
  digit = Dense(10)
}
`;

const rows = [
  { name: 'rows', title: 'LeNet-300-100', spec: dense('') + training(20_000, 6) },
  { name: 'masks', title: 'LeNet-300-100 with dropout of 0.5 on both hidden layers', spec: dense('  Dropout(0.5)\n') + training(20_000, 6) },
  { name: 'augmentation', title: 'LeNet-5-Caffe, every picture shifted anew', spec: pictures + training(5_000, 4, '; augment: [shift(2)]') },
]; // biome-ignore format: a table

export const feeding = {
  name: 'feeding',
  rounds: 5,
  most: 5,
  rows,
  measure: async ({ spec }, { rounds, threads, log }) => {
    log('the whole loop and the step alone, in turns');
    const script = await bundled('bench/feeding.ts');
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [script, JSON.stringify({ spec, rounds, threads })],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`bench/feeding.ts: ${stderr}`);
    const { alone, loop } = JSON.parse(stdout);
    return { alone: spread(alone), loop: spread(loop), ratio: medianRatio(loop, alone) };
  },
  goals: ({ title }, { ratio }) => [
    goal(`${title}: the loop beside the step alone, of its time`, ratio - 1, { atMost: 0.1 }),
  ],
  section: (parts, { rowOf }) =>
    paragraphs(
      heading('Feeding the step'),
      `Milliseconds a step of the training loop as \`dnc train\` runs it (rows shuffled anew every epoch and picked, random numbers drawn, scalars, history), and of the same step program fed with the same numbers again and
again; batch 128, 2 threads, medians of ${parts[0].result.loop.times.length} rounds in turns.`,
      table(
        ['network', 'the loop', 'the step alone', 'loop / step'],
        parts.map(({ key, result }) => [
          rowOf(key).title,
          ms(result.loop.median),
          ms(result.alone.median),
          ratio(result.ratio),
        ]),
      ),
    ),
};
