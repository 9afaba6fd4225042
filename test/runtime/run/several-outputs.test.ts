import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Source } from '../../../src/diagnostics/source.js';
import { Failure } from '../../../src/diagnostics/report.js';
import { inspectRows } from '../../../src/reports/data-report.js';
import { resultText } from '../../../src/reports/result.js';
import { runPage } from '../../../src/reports/run-page.js';
import { readRun } from '../../../src/reports/run-report.js';
import { evaluateSpec, predictSpec } from '../../../src/runtime/spec/evaluate-spec.js';
import { openWithRows } from '../../../src/runtime/spec/open-spec.js';
import { startRun } from '../../../src/runtime/run/run.js';
import { problemsOf } from '../../support/html.js';
import { makeTemporaryFolder, removeFolder } from '../../support/folders.js';
import { begin, historyOf, options, run, trace } from '../../support/runs.js';

/** Houses: the price depends on the area and on how far east they are, the kind on their rooms and on how far north; `age` says nothing. */
function houses(rows: number, columns: readonly string[], seed = 1): string {
  let state = seed;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const lines = Array.from({ length: rows }, () => {
    const [east, north, area, rooms] = [random(), random(), 50 + 100 * random(), 1 + Math.floor(6 * random())];
    const house: Readonly<Record<string, string>> = {
      east: east.toFixed(4),
      north: north.toFixed(4),
      area: area.toFixed(2),
      rooms: String(rooms),
      age: String(Math.floor(100 * random())),
      price: (1000 + 20 * area + 1500 * east).toFixed(2),
      kind: rooms + 3 * north > 6 ? 'villa' : rooms + 3 * north > 4 ? 'house' : 'flat',
    };
    return columns.map((name) => house[name]).join(',');
  });
  return `${columns.join(',')}\n${lines.join('\n')}\n`;
}

const COLUMNS = ['east', 'north', 'area', 'rooms', 'age', 'price', 'kind'];

/** With everything that has state: batch normalisation, dropout, averages, live shrinking, two optimizers, a searched threshold, fine-tuning. */
const SPEC = `model House -> price, kind  @dropneuron(0.015) {
  place = Input(2)
  spot  = Dense(8, activation: relu)
  facts = Input(3)
  homes = Dense(12)  @dropneuron(0.03)
  inner = BatchNormalization(momentum: 0.9)
  Activation(relu)
  drop  = Dropout(0.05)
  both  = Concatenate <- spot, drop
  trunk = Dense(10, activation: relu)
  price = Dense(1) <- trunk
  kind  = Dense(3) <- trunk
}
data {
  source: csv("houses.csv")
  inputs { place: [east, north]; facts: [area, rooms, age] }
  columns { price: number(standardize: true) }
  standardize: true
  validation: 20%
  test: 20%
}
train {
  losses { price: huber; kind: sparse_categorical_crossentropy(from_logits: true) }
  loss_weights { kind: 0.5 }
  metrics { price: [mae, nmse]; kind: [accuracy, recall(class_id: 2)] }
  class_weight { kind: balanced }
  batch_size: 8
  seed: 7
  early_stopping { monitor: val_kind_loss; patience: 50; restore_best_weights: true }
  phases {
    first  { epochs: 12; optimizer: adam(0.01) }
    second { epochs: 4; optimizer: sgd(reduce_on_plateau(0.02, monitor: price_mae, patience: 1)); loss_weights { price: 2 }; ema_momentum: 0.5; early_stopping: off }
  }
}
simplify {
  threshold: auto(tolerance: 1%, metric: kind_accuracy)
  every: 1; after: 3; patience: 2
  finetune { epochs: 1; optimizer: adam(0.002); class_weight: off; early_stopping: off }
}
`;

let folder: string;
let whole: string;
let small: string;
let shown: string;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  writeFileSync(path.join(folder, 'houses.csv'), houses(600, COLUMNS));
  whole = path.join(folder, 'runs', 'whole');
  const { result } = await startRun({ ...options(Number.POSITIVE_INFINITY), ...begin(folder, SPEC, whole) });
  small = result!.files.spec;
  shown = resultText(result!);
}, 120_000);
afterAll(() => removeFolder(folder));

const resultOf = (out: string) => JSON.parse(readFileSync(path.join(out, 'result.json'), 'utf8'));

describe('two inputs and two outputs from training to prediction', () => {
  test('the history has a loss and metrics of each, and their sum by weights', () => {
    const rows = historyOf(whole);
    expect(rows.map(({ phase }) => phase).filter((phase, k, all) => phase !== all[k - 1])).toEqual([
      'first',
      'second',
      'finetune',
    ]);
    for (const row of rows) {
      const weight = row.phase === 'second' ? 2 : 1;
      expect(Object.keys(row.losses!)).toEqual(['price', 'kind']);
      expect(row.loss).toBeCloseTo(weight * row.losses!.price! + 0.5 * row.losses!.kind!, 5);
      expect(row.validation!.loss).toBeCloseTo(
        weight * row.validation!.losses!.price! + 0.5 * row.validation!.losses!.kind!,
        5,
      );
      const names = ['price_mae', 'price_nmse', 'kind_accuracy', 'kind_recall'];
      expect(Object.keys(row.metrics)).toEqual(names);
      expect(Object.keys(row.validation!.metrics)).toEqual(names);
    }
    const last = rows.at(-1)!;
    expect(last.validation!.losses!.price!).toBeLessThan(0.2);
    expect(last.validation!.metrics.kind_accuracy!).toBeGreaterThan(0.65);
  });

  test('wherever it is stopped it ends in the same bytes', { timeout: 240_000 }, async () => {
    const expected = trace(whole);
    const stopped = await run(folder, 'stopped', SPEC, 101);
    expect(stopped.stops).toBeGreaterThan(4);
    expect(trace(stopped.out)).toEqual(expected);
  });

  test('units went on the way and at the end, exactly at both outputs', () => {
    const units = historyOf(whole).flatMap((row) => (row.units ? [row.units] : []));
    // `homes` with the moving statistics behind it.
    for (const layer of ['spot', 'homes', 'trunk']) expect(units.at(-1)![layer]!).toBeLessThan(units[0]![layer]!);
    expect(readFileSync(small, 'utf8')).toMatch(/Input\(\d, keep: \[/);
    const certificate = JSON.parse(readFileSync(path.join(whole, 'certificate.json'), 'utf8'));
    expect(certificate.equivalent).toBe(true);
    expect(Object.keys(certificate.outputs)).toEqual(['price', 'kind']);
    for (const { float64, float32 } of Object.values(certificate.outputs) as { float64: number; float32: number }[]) {
      expect(float64).toBeLessThanOrEqual(1e-12);
      expect(float32).toBeLessThanOrEqual(1e-5);
    }
    expect(resultOf(whole).search.before.metric).toBeGreaterThan(0.65);
  });

  test('the result tells all of each output, and how classes were taken for others', async () => {
    const { trained, simplified } = resultOf(whole).scores.test;
    for (const score of [trained, simplified]) {
      expect(Object.keys(score.losses)).toEqual(['price', 'kind']);
      expect(Object.keys(score.confusions)).toEqual(['kind']);
      expect(score.confusions.kind.flat().reduce((sum: number, rows: number) => sum + rows, 0)).toBe(score.rows);
    }
    for (const name of ['price_mae', 'kind_accuracy', 'price_loss', 'kind_loss'])
      expect(shown).toMatch(new RegExp(`^ *test +${name} +\\d`, 'm'));
    const page = await runPage(readRun(whole));
    expect(problemsOf(page)).toEqual([]);
    expect(page).toContain('kind, test rows of the simplified network');
    expect(page).toContain('<td>price_loss</td>');
    expect(page).toContain('loss of price');
  });

  const of = (file: string) => ({
    file,
    source: new Source(file, readFileSync(file, 'utf8')),
    sets: [],
    split: 'test' as const,
    dataFolder: undefined,
    engine: 'auto',
    engineOptions: { threads: 1 },
  });

  test('the simplified spec evaluates to what the run has found', async () => {
    const score = await evaluateSpec(of(small));
    const { simplified } = resultOf(whole).scores.test;
    expect(score.losses!.price).toBeCloseTo(simplified.losses.price, 6);
    expect(score.metrics.kind_accuracy).toBeCloseTo(simplified.metrics.kind_accuracy, 12);
    expect(score.confusions!.kind).toEqual(simplified.confusions.kind);
  });

  test('it predicts all outputs, in the units and words of the file, with or without the targets in it', async () => {
    const predicted = async (columns: readonly string[]) => {
      const input = path.join(folder, 'new.csv');
      writeFileSync(input, houses(40, columns, 9));
      const rows = [];
      for await (const row of predictSpec({ ...of(small), input, rows: undefined })) rows.push(row);
      return rows;
    };
    const rows = await predicted(COLUMNS);
    expect(await predicted(COLUMNS.slice(0, 5))).toEqual(rows);
    expect(rows).toHaveLength(40);
    const wanted = houses(40, ['price', 'kind'], 9).trim().split('\n').slice(1);
    let right = 0;
    for (const [k, { outputs, classes }] of rows.entries()) {
      const [price, kind] = wanted[k]!.split(',');
      expect(Object.keys(outputs)).toEqual(['price', 'kind']);
      expect(Math.abs((outputs.price as number) - Number(price))).toBeLessThan(1500);
      expect(Object.keys(classes!)).toEqual(['kind']);
      if (classes!.kind === kind) right += 1;
    }
    expect(right).toBeGreaterThan(20);
  });

  test('`data check` tells what every output learns', async () => {
    const { compiled, rows } = await openWithRows(begin(folder, SPEC, whole));
    const report = inspectRows(compiled, rows);
    expect(report.inputs.map(({ input, fields }) => [input, fields])).toEqual([
      ['place', ['east', 'north']],
      ['facts', ['area', 'rooms', 'age']],
    ]);
    expect(report.targets.map(({ output, field, as }) => [output, field, as])).toEqual([
      ['price', 'price', 'numbers'],
      ['kind', 'kind', 'class numbers'],
    ]);
    expect(report.targets[1]!.classes!.names).toEqual(['flat', 'house', 'villa']);
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('what the rows lack is told', () => {
  const problem = async (text: string) => {
    try {
      await openWithRows(begin(folder, text, whole)).then(({ compiled, rows }) => inspectRows(compiled, rows));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return error.diagnostics.map(({ code, message, help }) => [`${code}: ${message}`, ...help].join(' | '));
    }
    return [];
  };

  test('an output without a field of its name', async () => {
    const text = SPEC.replaceAll(/\bkind\b/g, 'sort')
      .replace('early_stopping { monitor: val_kind_loss', 'early_stopping { monitor: val_sort_loss')
      .replace('kind_accuracy', 'sort_accuracy');
    expect(await problem(text)).toEqual([
      'unknown-field: the output sort reads the field `sort`, which the data source does not have | fields: east, north, area, rooms, age, price, kind | the field of another name is given in the data section: `targets { sort: … }`',
    ]);
    expect(await problem(text.replace('inputs {', 'targets { sort: kind }\n  inputs {'))).toEqual([]);
  });

  test('an input without one', async () => {
    expect(
      await problem(
        SPEC.replace(
          'inputs { place: [east, north]; facts: [area, rooms, age] }',
          'inputs { facts: [area, rooms, age] }',
        ),
      ),
    ).toEqual([
      'unknown-field: the input place reads the field `place`, which the data source does not have | fields: east, north, area, rooms, age, price, kind | the field of another name is given in the data section: `inputs { place: … }`',
    ]);
  });

  test('classes where numbers are learned, and numbers where classes are', async () => {
    const swapped = SPEC.replace('inputs {', 'targets { price: kind; kind: price }\n  inputs {');
    expect(await problem(swapped)).toEqual([
      'loss-width: sparse_categorical_crossentropy needs a target of class numbers, and the target price gives real numbers | its different cells are the classes with `columns { price: classes }`',
    ]);
  });
});
