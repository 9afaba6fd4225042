import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Failure } from '../../../src/diagnostics/report.js';
import { failureOf } from '../../data/failure.js';
import { Source } from '../../../src/diagnostics/source.js';
import { diffFiles } from '../../../src/reports/diff-files.js';
import { evaluateSpec, predictSpec } from '../../../src/runtime/spec/evaluate-spec.js';
import { fittedOf, originalsOf } from '../../../src/runtime/weights/load.js';
import { compileOptions, compileWithData, openWithRows } from '../../../src/runtime/spec/open-spec.js';
import { startRun } from '../../../src/runtime/run/run.js';
import { simplifyAgain } from '../../../src/runtime/simplify/simplify-again.js';
import { makeTemporaryFolder, removeFolder } from '../../support/folders.js';
import { numbersIn } from '../../data/numbers.js';

let folder: string;
beforeAll(() => {
  folder = makeTemporaryFolder();
});
afterAll(() => removeFolder(folder));

const engine = { engine: 'tfjs-cpu', engineOptions: { threads: 1 } };

/** Houses: the price depends on the area and on being in the far west, and on nothing else. */
function houses(rows: number, seed: number, columns = 'area,rooms,age,region,price'): string {
  let state = seed;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const lines = Array.from({ length: rows }, () => {
    const area = 50 + 100 * random();
    const region = ['north', 'south', 'far west'][Math.floor(3 * random())]!;
    const house: Record<string, string> = {
      area: area.toFixed(2),
      rooms: String(1 + Math.floor(6 * random())),
      age: random() < 0.05 ? '' : String(Math.floor(100 * random())),
      region,
      price: (1000 + 20 * area + (region === 'far west' ? 500 : 0)).toFixed(2),
    };
    return columns
      .split(',')
      .map((name) => house[name])
      .join(',');
  });
  return `${columns}\n${lines.join('\n')}\n`;
}

const SPEC = `model House {
  facts = Input
  price = Dense(1)  @dropneuron(li: 0, lo: 0.05)
}
data {
  source: csv("houses.csv")
  columns { price: number(standardize: true) }
  target: price
  missing: mean
  standardize: true
  validation: 20%
  test: 20%
}
train { loss: mean_squared_error; optimizer: adam(0.02); batch_size: 32; epochs: 40 }
simplify { threshold: 1e-6 }
`;

function spec(text: string, name = 'house.dn'): { specFile: string; source: Source } {
  const specFile = path.join(folder, name);
  writeFileSync(specFile, text);
  return { specFile, source: new Source(specFile, text) };
}

function train(text: string, name: string, out: string, fromScratch = false) {
  return startRun({
    ...spec(text, name),
    ...engine,
    sets: [],
    dataFolder: undefined,
    fromScratch,
    out: path.join(folder, out),
    checkpointSeconds: 1000,
    watcher: { note: () => {} },
    stopping: { signal: undefined },
  });
}

async function problem(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n');
  }
  return 'nothing';
}

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

/** What a simplified spec predicts: of its test rows, or of the rows of a file. */
function predict(file: string, input?: string, more: { readonly note?: (text: string) => void } = {}) {
  return all(
    predictSpec({
      file,
      source: new Source(file, readFileSync(file, 'utf8')),
      sets: [],
      split: 'test',
      dataFolder: undefined,
      rows: undefined,
      input,
      ...more,
      ...engine,
    }),
  );
}

describe('a table from training to prediction', () => {
  let small: string;
  beforeAll(async () => {
    writeFileSync(path.join(folder, 'houses.csv'), houses(600, 1));
    const { result } = await train(SPEC, 'house.dn', 'run');
    small = result!.files.spec;
  }, 60_000);

  const evaluate = (file: string) =>
    evaluateSpec({
      file,
      source: new Source(file, readFileSync(file, 'utf8')),
      sets: [],
      split: 'test',
      dataFolder: undefined,
      ...engine,
    });
  test('the simplified spec names the features that it keeps, and how many there were', () => {
    const text = readFileSync(small, 'utf8');
    expect(text).toContain('facts = Input(6, keep: [area, "region.far west"])');
    expect(text).toContain('source: csv("houses.csv")');
  });

  test('it reads back without its data, by what the weights know', () => {
    const options = { originals: originalsOf(small), fitted: fittedOf(small) };
    const { network, fitted } = compile(new Source(small, readFileSync(small, 'utf8')), options);
    expect(network.graph.nodes[0]!.arguments).toEqual({ shape: [6], keep: [0, 3] });
    expect(fitted!.target).toBe('price');
    expect(fitted!.columns.map(({ name, kind }) => `${name}: ${kind}`)).toEqual([
      'area: number',
      'rooms: number',
      'age: number',
      'region: one_hot',
      'price: number',
    ]);
  });

  test('what is learned is learned from the training rows alone', async () => {
    const { rows } = await openWithRows({ ...spec(SPEC), sets: [] });
    const area = rows.fitted!.columns[0]!;
    const field = rows.train.fields[0]!;
    const mean = (part: typeof rows.train) => {
      const kept = Array.from(part.selection!, (row) => numbersIn(field)[row]!);
      return kept.reduce((sum, value) => sum + value, 0) / kept.length;
    };
    expect(area.kind === 'number' && area.mean?.[0]).toBeGreaterThan(90);
    expect(Math.abs(mean(rows.train))).toBeLessThan(1e-6);
    expect(Math.abs(mean(rows.test!))).toBeGreaterThan(1e-4);
  });

  test('eval and predict read rows as training did', async () => {
    const { loss } = await evaluate(small);
    expect(loss).toBeLessThan(0.02);
    const predicted = await predict(small);
    expect(predicted.length).toBe(120);
    // Of a float32 no more digits are written than it has.
    for (const { outputs } of predicted)
      for (const one of Object.values(outputs).flat())
        expect(String(one).replace(/^-?0?\.?0*|e.*|\./g, '').length, String(one)).toBeLessThanOrEqual(10);
    for (const { outputs } of predicted) {
      // In the units of the file, not in standard deviations.
      expect(outputs.price).toBeGreaterThan(1500);
      expect(outputs.price).toBeLessThan(5000);
    }
  });

  test('rows of another file, with or without the target, columns in any order', async () => {
    const given = path.join(folder, 'new.csv');
    writeFileSync(given, 'area,rooms,age,region,price\n100,3,20,far west,0\n100,3,,south,0\n100,1,20,nowhere,0\n');
    const whole = await predict(small, given);
    const notes: string[] = [];
    writeFileSync(given, 'region,area,age,rooms\nfar west,100,20,3\nsouth,100,,3\nnowhere,100,20,1\n');
    expect(await predict(small, given)).toEqual(whole);
    const [west, south] = whole.map(({ outputs }) => outputs.price as number);
    expect(west! - south!).toBeGreaterThan(300);
    expect(west).toBeGreaterThan(3300);
    expect(west).toBeLessThan(3700);
    await predict(small, given, { note: (text) => void notes.push(text) });
    expect(notes).toEqual(['note: region: "nowhere" is in none of the training rows; 1 row has all zeros for it\n']);
    writeFileSync(given, 'rooms,age,region\n3,20,north\n');
    expect(await problem(() => predict(small, given))).toBe(
      'unknown-field: the network reads the field `area`, which the table does not have',
    );
  });

  test('training it again reads its rows by what was learned before, even of other rows', async () => {
    const own = path.join(path.dirname(small), 'again.dn');
    writeFileSync(own, readFileSync(small, 'utf8').replace('epochs: 40', 'epochs: 1'));
    const before = fittedOf(small)(
      compile(new Source(small, readFileSync(small, 'utf8')), {
        originals: originalsOf(small),
        fitted: fittedOf(small),
      }).spec.weights,
    );
    const { result } = await startRun({
      specFile: own,
      source: new Source(own, readFileSync(own, 'utf8')),
      ...engine,
      sets: ['data.seed=7'],
      dataFolder: undefined,
      fromScratch: false,
      out: path.join(folder, 'again'),
      checkpointSeconds: 1000,
      watcher: { note: () => {} },
      stopping: { signal: undefined },
    });
    const again = result!.files.spec;
    const { fitted } = compile(new Source(again, readFileSync(again, 'utf8')), {
      originals: originalsOf(again),
      fitted: fittedOf(again),
    });
    expect(fitted).toEqual(before);
  });

  test('simplifying it again changes nothing, and diff knows both', async () => {
    const twice = await simplifyAgain({
      from: small,
      sets: [],
      out: path.join(folder, 'twice'),
      dataFolder: undefined,
      ...engine,
    });
    const text = (file: string) => readFileSync(file, 'utf8').replace(/spec: file\([^)]*\)/, '');
    expect(text(twice.files.spec)).toBe(text(small));
    expect(readFileSync(twice.files.weights)).toEqual(readFileSync(path.join(folder, 'run', 'house.min.safetensors')));
    const diff = diffFiles(path.join(folder, 'house.dn'), small);
    expect(JSON.stringify(diff)).toContain('facts');
  });
});

test('an Input says how wide it is, so that nothing is read to check the spec', async () => {
  const at = { ...spec(SPEC.replace('Input', 'Input(6)').replace('houses.csv', 'none.csv'), 'closed.dn'), sets: [] };
  expect(compile(at.source, await compileOptions(at)).network.graph.nodes[0]!.arguments.shape).toEqual([6]);
  const open = { ...spec(SPEC.replace('houses.csv', 'none.csv'), 'open.dn'), sets: [] };
  expect(await problem(() => compileOptions(open))).toMatch(/^file-missing/);
});

test('a feature that is not there', async () => {
  writeFileSync(path.join(folder, 'houses.csv'), houses(600, 1));
  const at = { ...spec(SPEC.replace('Input', 'Input(6, keep: [area, region.nort])'), 'wrong.dn'), sets: [] };
  expect(await problem(async () => compile(at.source, await compileOptions(at)))).toBe(
    'unknown-feature: facts keeps the feature `region.nort`, which csv does not have',
  );
});

test('classes keep their names', async () => {
  const rows = Array.from({ length: 120 }, (_, k) => `${k % 3},${(k * 7) % 5},${['low', 'mid', 'high'][k % 3]}`);
  writeFileSync(path.join(folder, 'kinds.csv'), `x,y,kind\n${rows.join('\n')}\n`);
  const { result } = await train(
    `model Kinds {
  facts = Input(2)
  Dense(8, activation: relu)
  kind = Dense(3)
}
data { source: csv("kinds.csv"); target: 3; columns { kind: classes(names: [low, mid, high]) }; test: first(30); validation: csv("kinds.csv") }
train { loss: sparse_categorical_crossentropy(from_logits: true); metrics: [accuracy]; optimizer: adam(0.05); batch_size: 30; epochs: 60 }
`,
    'kinds.dn',
    'kinds',
  );
  expect(result!.scores.validation!.trained.rows).toBe(120);
  expect(result!.scores.test!.trained.metrics.accuracy).toBe(1);
  const file = result!.files.spec;
  const given = path.join(folder, 'kinds-new.csv');
  writeFileSync(given, 'x,y\n0,1\n2,3\n1,0\n');
  const predicted = await predict(file, given);
  expect(predicted.map(({ classes }) => classes)).toEqual([{ kind: 'low' }, { kind: 'high' }, { kind: 'mid' }]);
});

test('without a header, rows to predict may lack the target wherever it stands', async () => {
  const rows = Array.from({ length: 60 }, (_, k) => `${k % 2 ? 'yes' : 'no'},${k % 2},${k % 5}`);
  writeFileSync(path.join(folder, 'answers.csv'), `${rows.join('\n')}\n`);
  const { result } = await train(
    `model Answers {
  facts = Input
  answer = Dense(1)
}
data { source: csv("answers.csv"); target: 1 }
train { loss: binary_crossentropy(from_logits: true); optimizer: adam(0.1); epochs: 40 }
`,
    'answers.dn',
    'answers',
  );
  const file = result!.files.spec;
  const given = path.join(folder, 'answers-new.csv');
  const classes = async () => (await predict(file, given)).map((row) => row.classes!.answer);
  writeFileSync(given, '1,3\n0,3\n');
  expect(await classes()).toEqual(['yes', 'no']);
  writeFileSync(given, 'no,1,3\nno,0,3\n');
  expect(await classes()).toEqual(['yes', 'no']);
});

test.each([
  [
    'missing: mean\n',
    '',
    /^missing-cells: the column age has \d+ missing cells; the first is in line \d+ of houses\.csv$/,
  ],
  [
    'target: price\n',
    '',
    /^no-target: the data section does not say what is to be predicted; .* has the columns area, rooms, age, region, price$/,
  ],
  [
    'columns { price: number(standardize: true) }',
    'columns { prize: skip }',
    /^unknown-field: the data section reads the field `prize`, which houses\.csv does not have$/,
  ],
  ['columns { price: number(standardize: true) }', 'columns { area: one_hot }', /^nothing$/],
  ['target: price', 'target: region', /^label-out-of-range: .* the output price tells apart 2 classes/],
])('%j replaced by %j', async (old, replacement, expected) => {
  writeFileSync(path.join(folder, 'houses.csv'), houses(200, 2));
  const text = SPEC.replace(old, replacement).replace('epochs: 40', 'epochs: 1');
  expect(await problem(() => train(text, 'wrong.dn', `wrong-${old.length}-${replacement.length}`))).toMatch(expected);
});

test.each([
  // The price is standardized: half of its numbers are negative.
  [
    'mean_squared_error',
    'binary_crossentropy(from_logits: true)',
    /^target-out-of-range: binary_crossentropy takes numbers from 0 to 1: row \d+ of the target price is -?\d/,
  ],
  ['mean_squared_error', 'kl_divergence', /^target-out-of-range: kl_divergence takes numbers from 0 to 1: row /],
  ['mean_squared_error', 'hinge', /^target-out-of-range: hinge takes −1 and 1, or 0 and 1: row /],
  [
    'mean_squared_error',
    'poisson',
    /^target-out-of-range: poisson takes numbers that are not negative: row \d+ .* is -/,
  ],
  [
    'mean_squared_error',
    'mse; metrics: [mae, accuracy]',
    /^metric-target: accuracy compares classes, and the targets are numbers: row \d+ of price is /,
  ],
  ['epochs: 1', 'epochs: 1; phases { a { epochs: 1 }; b { epochs: 1; metrics: [auc] } }', /^metric-target: auc /],
  ['threshold: 1e-6', 'finetune { epochs: 1; loss: poisson }', /^target-out-of-range: poisson /],
  ['threshold: 1e-6', 'threshold: auto(tolerance: 1%, metric: f1)', /^metric-target: f1 /],
])(
  'numbers that no loss or metric can read end the run before it begins: %j is %j',
  async (old, replacement, expected) => {
    writeFileSync(path.join(folder, 'houses.csv'), houses(60, 2));
    const text = SPEC.replace('epochs: 40', 'epochs: 1')
      .replace(old, replacement)
      .replace('epochs: 1; phases', 'phases');
    expect(await problem(() => train(text, 'unfit.dn', 'unfit'))).toMatch(expected);
  },
);

test('numbers that are what the loss and the metric read are trained on', async () => {
  const rows = Array.from({ length: 40 }, (_, k) => `${(k % 5) / 5},${k % 2},${k % 2 ? 1 : -1},${k % 7}`);
  writeFileSync(path.join(folder, 'fit.csv'), `x,yes,side,count\n${rows.join('\n')}\n`);
  for (const [target, training] of [
    ['yes', 'loss: mse; metrics: [accuracy, auc]'],
    ['side', 'loss: hinge; metrics: [accuracy]'],
    ['x', 'loss: binary_crossentropy(from_logits: true); metrics: [accuracy]'],
    ['x', 'loss: mse; metrics: [mae]'],
  ] as const) {
    const text = `model M {\n  facts = Input(1)\n  out = Dense(1)\n}\ndata { source: csv("fit.csv"); inputs { facts: count }; target: ${target} }\ntrain { ${training}; epochs: 1 }\n`;
    expect(await problem(() => train(text, 'fit.dn', `fit-${target}-${training.length}`))).toBe('nothing');
  }
});

/** A file as numpy writes it (format 1.0). */
function npy(type: string, shape: string, data: Float32Array | Uint8Array): Buffer {
  const header = `${`{'descr': '${type}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117)}\n`;
  const head = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length, 0)}${header}`, 'latin1');
  return Buffer.concat([head, Buffer.from(data.buffer)]);
}

describe('units that no class has', () => {
  const text = (kind: string, source: string, loss = 'sparse_categorical_crossentropy(from_logits: true)') =>
    `model Kinds {\n  facts = Input\n  kind = ${kind}\n}\ndata { source: ${source};${source.startsWith('csv') ? ' target: kind;' : ''} test: 2 }\ntrain { loss: ${loss}; epochs: 1 }\n`;
  const warningsOf = async (kind: string, source: string, loss?: string) => {
    const { warnings } = await compileWithData({ ...spec(text(kind, source, loss), 'kinds.dn'), sets: [] });
    return warnings.map(({ code, message, help }) => [code, message, ...(help ?? [])].join('; '));
  };

  test('classes with names and classes with numbers are told with the layer; as many as there are, are not', async () => {
    const rows = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => `${k},${k % 2 ? 'yes' : 'no'},${k % 2}`).join('\n');
    writeFileSync(path.join(folder, 'names.csv'), `x,kind,other\n${rows}\n`);
    // Of class numbers without names only the rows know how many there are.
    writeFileSync(
      path.join(folder, 'facts.npy'),
      npy(
        '<f4',
        '(8, 1)',
        Float32Array.from({ length: 8 }, (_, k) => k),
      ),
    );
    writeFileSync(path.join(folder, 'kind.npy'), npy('|u1', '(8,)', Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1)));
    const arrays = 'npy("facts.npy", "kind.npy")';
    expect(await warningsOf('Dense(3)', 'csv("names.csv")')).toEqual([
      'units-without-class; kind has 3 units, one for every class, but the rows have 2 classes: kind is no, yes; a unit for every class: write Dense(2)',
    ]);
    expect(await warningsOf('Dense(4)', arrays)).toEqual([
      'units-without-class; kind has 4 units, one for every class, but the rows have 2 classes: target is 0 to 1; a unit for every class: write Dense(2)',
    ]);
    for (const source of ['csv("names.csv")', arrays]) expect(await warningsOf('Dense(2)', source)).toEqual([]);
    // Labels of shape [rows, 1] are read as those of shape [rows]; of floats it is told how they become whole.
    writeFileSync(path.join(folder, 'kind.npy'), npy('|u1', '(8, 1)', Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1)));
    expect(await warningsOf('Dense(2)', arrays)).toEqual([]);
    writeFileSync(path.join(folder, 'kind.npy'), npy('<f4', '(8, 1)', Float32Array.of(0, 1, 0, 1, 0, 1, 0, 1)));
    expect((await failureOf(() => warningsOf('Dense(2)', arrays))).help).toEqual([
      'of an array, whole numbers are class numbers: save `y.astype("int64")`',
    ]);
    expect(await warningsOf('Dense(1)', 'csv("names.csv")', 'binary_crossentropy(from_logits: true)')).toEqual([]);
  });

  test('a source that counts its classes ahead of its rows', async () => {
    const drawn =
      'model D {\n  i = Input(28, 28, 1)\n  f = Flatten\n  d = Dense(12)\n}\ndata { source: drawn_digits(train: 40, test: 10) }\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }\n';
    const { warnings } = await compileWithData({ ...spec(drawn, 'drawn.dn'), sets: [] });
    expect(warnings.map(({ message }) => message)).toEqual([
      'd has 12 units, one for every class, but the rows have 10 classes: label is 0 to 9',
    ]);
  });

  test('training tells it before the first epoch', async () => {
    const told: string[] = [];
    await startRun({
      ...spec(text('Dense(3)', 'csv("names.csv")'), 'kinds.dn'),
      ...engine,
      sets: [],
      dataFolder: undefined,
      fromScratch: false,
      out: path.join(folder, 'units-without-class'),
      checkpointSeconds: 1000,
      watcher: { note: (line) => void told.push(line), epoch: () => void told.push('epoch') },
      stopping: { signal: undefined },
    });
    expect(told.indexOf('epoch')).toBeGreaterThan(told.findIndex((line) => line.includes('[units-without-class]')));
    expect(told.join('')).toContain('[units-without-class]');
  });
});

test('a class without a name is predicted as its number; numbers that are no classes have none', async () => {
  writeFileSync(
    path.join(folder, 'x.npy'),
    npy(
      '<f4',
      '(8, 1)',
      Float32Array.from({ length: 8 }, (_, k) => k - 3.5),
    ),
  );
  writeFileSync(path.join(folder, 'y.npy'), npy('|u1', '(8,)', Uint8Array.of(0, 1, 2, 1, 0, 1, 2, 1)));
  const spec = (units: number, loss: string) =>
    `model N {\n  x = Input(1)\n  y = Dense(${units})\n}\ndata { source: npy("x.npy", "y.npy"); test: 3 }\ntrain { loss: ${loss}; epochs: 1 }\n`;
  const predicted = async (units: number, loss: string, name: string) =>
    predict((await train(spec(units, loss), `${name}.dn`, name)).result!.files.spec);
  for (const { outputs, classes } of await predicted(
    3,
    'sparse_categorical_crossentropy(from_logits: true)',
    'softmax',
  )) {
    const values = outputs.y as readonly number[];
    expect(classes).toEqual({ y: values.indexOf(Math.max(...values)) });
  }
  for (const row of await predicted(1, 'mse', 'number')) expect(row.classes).toBeUndefined();
});
