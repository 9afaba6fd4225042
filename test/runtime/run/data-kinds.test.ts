import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Source } from '../../../src/diagnostics/source.js';
import { compile } from '../../../src/compiler/compile.js';
import { printResolved } from '../../../src/compiler/1-spec/print.js';
import { inspectRows } from '../../../src/reports/data-report.js';
import { RunFolder } from '../../../src/runtime/run/run-folder.js';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { predictSpec } from '../../../src/runtime/spec/evaluate-spec.js';
import { openWithRows } from '../../../src/runtime/spec/open-spec.js';
import { failureOf } from '../../data/failure.js';
import { picture } from '../../data/pictures/encode.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, options, run, trace } from '../../support/runs.js';

const FOREVER = Number.POSITIVE_INFINITY;

async function train(folder: string, text: string): Promise<{ out: string; small: string; loss: number }> {
  const out = path.join(folder, 'run');
  const { result } = await startRun({ ...options(FOREVER), ...begin(folder, text, out) });
  const history = readFileSync(path.join(out, 'history.jsonl'), 'utf8').trim().split('\n');
  return { out, small: result!.files.spec, loss: JSON.parse(history.at(-1)!).loss };
}

async function predict(file: string, input: string | undefined) {
  const rows = predictSpec({
    file,
    source: new Source(file, readFileSync(file, 'utf8')),
    sets: [],
    split: 'test',
    dataFolder: undefined,
    rows: undefined,
    input,
    engine: 'auto',
    engineOptions: { threads: 1 },
  });
  const found = [];
  for await (const row of rows) found.push(row);
  return found;
}

function write(folder: string, name: string, content: Uint8Array | string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** Dark and bright pictures of several sizes. */
function shots(folder: string): void {
  for (const part of ['train', 'test'])
    for (const [name, shade] of [
      ['day', 200],
      ['night', 30],
    ] as const)
      for (let k = 0; k < 8; k++)
        write(
          folder,
          `shots/${part}/${name}/${k}.png`,
          picture(5 + k, 9 - (k % 3), 3, (y, x) => shade + ((y * 7 + x * 3 + k) % 20)),
        );
}

const SHOTS = `model Shots {
  image = Input
  Flatten
  hidden = Dense(4, activation: relu)
  kind = Dense(2)
}
data { source: image_folder("shots", size: [4, 6]); validation: 4; augment: [flip(horizontal), shift(1)] }
train { loss: sparse_categorical_crossentropy(from_logits: true); class_weight { night: 2 }; metrics: [accuracy]; optimizer: adam(0.02); batch_size: 4; epochs: 12 }
`;

describe('pictures in folders', () => {
  test('names of classes come out in predict, for the test rows and for other pictures', async () => {
    const folder = temporaryFolder();
    shots(folder);
    const { small, out } = await train(folder, SHOTS);
    expect(readFileSync(small, 'utf8')).toContain('image = Input(4, 6, 3)\n');
    const rows = await predict(small, undefined);
    expect(rows.map(({ classes }) => classes!.kind)).toEqual([
      ...new Array(8).fill('day'),
      ...new Array(8).fill('night'),
    ]);
    write(
      folder,
      'new/a.png',
      picture(3, 3, 1, () => 20),
    );
    write(
      folder,
      'new/b.png',
      picture(40, 30, 3, () => 210),
    );
    const others = await predict(small, path.join(folder, 'new'));
    expect(others.map(({ classes }) => classes!.kind)).toEqual(['night', 'day']);
    expect((await predict(small, path.join(folder, 'new/b.png'))).length).toBe(1);
    const misspelt = SHOTS.replace('night: 2', 'nigt: 2');
    expect((await failureOf(() => train(folder, misspelt))).text).toMatch(
      /^class-weight-class: class_weight: the output tells 2 classes apart, and here is the class "nigt"/,
    );
    // The run's record has an entry a folder, and holds the result to it.
    const { data } = new RunFolder(out).readRecord();
    expect(data.map(({ name }) => name)).toEqual([
      'shots/train/day',
      'shots/train/night',
      'shots/test/day',
      'shots/test/night',
    ]);
    write(
      folder,
      'shots/test/day/9.png',
      picture(3, 3, 1, () => 1),
    );
    expect((await failureOf(() => predict(small, undefined))).text).toMatch(/^data-changed: shots\/test\/day/);
    const { text, exit } = await failureOf(() => predict(small, path.join(folder, 'nowhere')));
    expect([text.includes('file-missing'), exit]).toEqual([true, 4]);
  });

  test('a run whose pictures changed does not go on', async () => {
    const folder = temporaryFolder();
    shots(folder);
    const out = path.join(folder, 'run');
    expect((await startRun({ ...options(5), ...begin(folder, SHOTS, out) })).stopped).toBe('SIGTERM');
    const file = path.join(folder, 'shots/train/day/3.png');
    const kept = readFileSync(file);
    write(folder, 'shots/train/day/3.png', kept.subarray(0, 30));
    expect((await failureOf(() => resumeRun(out, options(FOREVER)))).text).toMatch(/^data-changed: shots\/train\/day/);
    writeFileSync(file, kept);
    expect((await resumeRun(out, options(FOREVER))).result).toBeDefined();
  });

  test('data check says what they are', async () => {
    const folder = temporaryFolder();
    shots(folder);
    const specFile = path.join(folder, 'net.dn');
    const { compiled, rows } = await openWithRows({ source: new Source(specFile, SHOTS), specFile, sets: [] });
    const report = inspectRows(compiled, rows);
    expect(report.fields[0]).toMatchObject({ field: 'image', shape: [4, 6, 3], form: 'numbers' });
    expect(report.targets[0]!.classes!.names).toEqual(['day', 'night']);
    expect(report.inputs).toEqual([{ input: 'image', shape: [4, 6, 3], fields: ['image'] }]);
  });
});

test('augmented training that is stopped after every few steps ends in the same bytes', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const text = `model Net {
  image = Input(784)
  hidden = Dense(6, activation: relu)  @dropneuron(1e-3)
  label = Dense(10)
}
data { source: drawn_digits(train: 60, test: 10); validation: 10; augment: [shift(3), rotate(20), crop(80%), flip] }
train { loss: sparse_categorical_crossentropy(from_logits: true); batch_size: 16; epochs: 3 }
simplify { threshold: 0; every: 1; finetune { epochs: 1 } }
`;
  const whole = await run(folder, 'whole', text, FOREVER);
  const stopped = await run(folder, 'stopped', text, 3);
  expect(trace(stopped.out)).toEqual(trace(whole.out));
  const plain = await run(folder, 'plain', text.replace(/; augment: \[.*?\]/, ''), FOREVER);
  expect(trace(plain.out)['history.jsonl']).not.toBe(trace(whole.out)['history.jsonl']);
});

describe('words', () => {
  const SPEC = `model Reviews {
  review = Input
  Embedding(12, 4)
  GlobalAveragePooling1D
  verdict = Dense(1)
}
data { source: csv("reviews.csv"); target: verdict; columns { review: tokens(12, length: 5) }; validation: 4 }
train { loss: binary_crossentropy(from_logits: true); optimizer: adam(0.05); batch_size: 4; epochs: 20 }
`;
  const reviews = (folder: string) => {
    const lines = Array.from(
      { length: 24 },
      (_, k) => `"${k % 2 ? 'A fine, fine film!' : 'What a bore.'} ${'word'.repeat(k % 3)}",${k % 2 ? 'good' : 'bad'}`,
    );
    write(folder, 'reviews.csv', `review,verdict\n${lines.join('\n')}\n`);
  };

  test('the vocabulary lives with the weights', async () => {
    const folder = temporaryFolder();
    reviews(folder);
    const { small } = await train(folder, SPEC);
    write(folder, 'new.csv', 'review\nfine and FINE\n"bore, a bore"\n');
    const rows = await predict(small, path.join(folder, 'new.csv'));
    expect(rows.map(({ classes }) => classes!.verdict)).toEqual(['good', 'bad']);
  });

  test('fewer vectors than tokens are refused before training', async () => {
    const folder = temporaryFolder();
    reviews(folder);
    const text = SPEC.replace('Embedding(12', 'Embedding(5');
    const { text: message, exit } = await failureOf(() =>
      startRun({ ...options(FOREVER), ...begin(folder, text, path.join(folder, 'run')) }),
    );
    expect(message).toMatch(
      /^token-out-of-range: the input review holds \d+ in row 0, and embedding_1 has vectors for 0 to 4/,
    );
    expect(exit).toBe(4);
  });
});

test('windows over a table: the past of the target is read, and rows to predict give what lies ahead', async () => {
  const folder = temporaryFolder();
  const values = Array.from({ length: 200 }, (_, t) => 10 + 3 * Math.sin((2 * Math.PI * t) / 8));
  write(folder, 'heat.csv', `day,heat\n${values.map((heat, t) => `${t % 8},${heat.toFixed(4)}`).join('\n')}\n`);
  const { small, loss } = await train(
    folder,
    `model Heat {
  past = Input
  Flatten
  heat = Dense(1)
}
data {
  source: csv("heat.csv"); target: heat; columns { heat: number(standardize: true) }
  window { length: 8; horizon: 2 }
  validation: 20%; test: 20%
}
train { loss: mse; optimizer: adam(0.02); batch_size: 16; epochs: 60 }
`,
  );
  expect(loss).toBeLessThan(0.01);
  const ahead = await predict(small, undefined);
  expect(ahead.length).toBe(40 - 8 - 2 + 1);
  ahead.forEach(
    ({ outputs }, k) => void expect(Math.abs((outputs.heat as number) - values[160 + k + 7 + 2]!)).toBeLessThan(0.6),
  );
  // Ten rows hold three windows; the last tells of a time that is not in the file.
  write(
    folder,
    'new.csv',
    `heat,day\n${values
      .slice(0, 10)
      .map((heat, t) => `${heat.toFixed(4)},${t % 8}`)
      .join('\n')}\n`,
  );
  const next = await predict(small, path.join(folder, 'new.csv'));
  next.forEach(({ outputs }, k) => void expect(Math.abs((outputs.heat as number) - values[k + 9]!)).toBeLessThan(0.6));
  expect(next.length).toBe(3);
  write(folder, 'new.csv', 'day\n1\n2\n3\n4\n5\n6\n7\n0\n');
  expect((await failureOf(() => predict(small, path.join(folder, 'new.csv')))).text).toMatch(
    /^unknown-field: the network reads the field `heat`/,
  );
});

test('two views, facts and two targets; a mask as the target of pictures that are moved', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const views = await train(
    folder,
    `model Views -> same, value {
  left = Input(784);  a = Dense(8, activation: relu)
  right = Input(784); b = Dense(8, activation: relu)
  facts = Input
  all = Concatenate <- a, b, facts
  same = Dense(2) <- all
  value = Dense(1) <- all
}
data { source: two_views(train: 200, test: 20); validation: 20; augment { left: [shift(2)] } }
train { losses { same: sparse_categorical_crossentropy(from_logits: true); value: mse }; class_weight { same: { different: 2 } }; optimizer: adam(0.01); batch_size: 20; epochs: 4 }
`,
  );
  expect(Number.isFinite(views.loss)).toBe(true);
  // What a source says of its classes by itself.
  for (const { outputs, classes } of await predict(views.small, undefined)) {
    const [different, same] = outputs.same as readonly [number, number];
    expect(classes).toEqual({ same: same > different ? 'same' : 'different' });
  }
  const shapes = await train(
    temporaryFolder(),
    `model Shapes {
  image = Input(16, 16, 1)
  Conv2D(4, 5, padding: same, activation: relu)
  mask = Conv2D(1, 5, padding: same)
}
data { source: drawn_shapes(train: 60, test: 10, side: 16); validation: 10; augment: [flip(both), rotate(90)] }
train { loss: binary_crossentropy(from_logits: true); optimizer: adam(0.01); batch_size: 10; epochs: 6 }
`,
  );
  expect(shapes.loss).toBeLessThan(0.55);
});

test('pairs from the arrays of an NPZ file, each to an input of its own; rows that differ are refused', async () => {
  const folder = temporaryFolder();
  const python = (name: string) => readFileSync(path.join(import.meta.dirname, '../../data/numpy', name));
  write(folder, 'pairs.npz', python('pairs.npz'));
  write(folder, 'uneven.npz', python('uneven.npz'));
  const text = `model Pairs {
  left = Input(3)
  right = Input(2, 2)
  flat = Flatten
  both = Concatenate <- left, flat
  y = Dense(1)
}
data { source: npz("pairs.npz"); inputs { left: a; right: b } }
train { loss: mse; batch_size: 2; epochs: 1 }
`;
  const specFile = path.join(folder, 'net.dn');
  const { rows, compiled } = await openWithRows({ source: new Source(specFile, text), specFile, sets: [] });
  expect(inspectRows(compiled, rows).inputs.map(({ input, fields }) => [input, fields])).toEqual([
    ['left', ['a']],
    ['right', ['b']],
  ]);
  expect(Number.isFinite((await train(folder, text)).loss)).toBe(true);
  const uneven = text.replace('pairs.npz', 'uneven.npz');
  const { text: message } = await failureOf(() => train(folder, uneven));
  expect(message).toBe('rows-differ: a has 4 rows, b has 3');
});

test('what the text says comes back from the resolved text', () => {
  const text = `model Net {
  x = Input(3, 2)
  y = Dense(1)
}
data {
  source: csv("a.csv"); target: heat
  columns { a: tokens(100, length: 7); b: image_file(size: [4, 5], folder: "shots"); c: one_hot }
  window { length: 3; stride: 2 }
  augment { x: [shift(2, outside: edge), crop(75%)] }
}
train { loss: mse; epochs: 1 }
`;
  const { spec } = compile(new Source('net.dn', text));
  const again = compile(new Source('net.dn', printResolved(spec))).spec;
  const { span: _, sourceSpan: __, ...said } = spec.data;
  expect(again.data).toMatchObject(said);
  expect(spec.data.window).toEqual({ length: 3, horizon: 1, stride: 2 });
  expect(spec.data.augment).toEqual({
    x: [
      { word: 'shift', arguments: { pixels: 2, direction: 'both', outside: 'edge' } },
      { word: 'crop', arguments: { share: 0.75 } },
    ],
  });
  expect(spec.data.columns!.b!.arguments).toEqual({
    size: [4, 5],
    channels: 3,
    fit: 'stretch',
    range: [0, 1],
    folder: 'shots',
  });
});
