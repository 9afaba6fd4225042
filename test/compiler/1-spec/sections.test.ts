import { describe, expect, it } from 'vitest';
import { printResolved } from '../../../src/compiler/1-spec/print.js';
import { lower, marks } from './harness.js';

const model = 'model Net {\nx = Input(4)\nDense(3)\n}\n';
const data = 'data { source: mnist }\n';
const train = 'train { loss: mse; epochs: 3 }\n';

describe('data', () => {
  it('reads splits', () => {
    const split = (text: string) => {
      const { spec, lines } = lower(`${model}data { source: mnist; validation: ${text} }\n${train}`);
      expect(lines).toEqual([]);
      return spec!.data.validation;
    };
    expect(split('5000')).toEqual({ word: 'count', arguments: { rows: 5000 } });
    expect(split('5k')).toEqual({ word: 'count', arguments: { rows: 5000 } });
    expect(split('15%')).toEqual({ word: 'share', arguments: { fraction: 0.15 } });
    expect(split('first(10)')).toEqual({ word: 'first', arguments: { rows: 10 } });
    expect(split('last(10)')).toEqual({ word: 'last', arguments: { rows: 10 } });
    expect(split('fold(2, of: 5)')).toEqual({ word: 'fold', arguments: { k: 2, of: 5 } });
  });

  it('refuses splits that are none', () => {
    const split = (text: string) => marks(lower(`${model}data { source: mnist; test: ${text} }\n${train}`));
    expect(split('0.15')).toEqual(['out-of-range 0.15']);
    expect(split('150%')).toEqual(['out-of-range 150%']);
    expect(split('0')).toEqual(['out-of-range 0']);
    expect(split('fold(6, of: 5)')).toEqual(['out-of-range fold(6, of: 5)']);
    expect(split('fold(1)')).toEqual(['missing-argument fold(1)']);
    expect(split('5 rows')).toEqual(['unit-mismatch 5 rows']);
    expect(split('mnits')).toEqual(['unknown-word mnits']);
    expect(split('[5]')).toEqual(['wrong-type [5]']);
  });

  it('takes a source for the rows that are held out', () => {
    const { spec, lines } = lower(
      `${model}data { source: csv("a.csv"); validation: csv("b.csv", separator: ";"); test: mnist; target: 3 }\n${train}`,
    );
    expect(lines).toEqual([]);
    expect(spec?.data.validation).toMatchObject({ word: 'csv', arguments: { files: ['b.csv'], separator: ';' } });
    expect(spec?.data.test).toMatchObject({ word: 'mnist' });
    // A number is the position of a column.
    expect(spec?.data.target).toBe('column_3');
  });

  it('reads columns, missing cells and standardization', () => {
    const { spec, lines } = lower(
      `${model}data { source: csv("a.csv"); target: "house price"; missing: median; standardize: true
        columns { area: number(missing: 0); region: one_hot; "house price": number(standardize: true); kind: classes([b, a]); id: skip } }\n${train}`,
    );
    expect(lines).toEqual([]);
    const { columns, missing, standardize } = spec!.data;
    expect({ missing, standardize }).toEqual({ missing: 'median', standardize: true });
    expect({ ...columns }).toEqual({
      area: { word: 'number', arguments: { missing: 0 } },
      region: { word: 'one_hot', arguments: { unknown: 'zeros' } },
      'house price': { word: 'number', arguments: { standardize: true } },
      kind: { word: 'classes', arguments: { names: ['b', 'a'] } },
      id: { word: 'skip', arguments: {} },
    });
  });

  it.each([
    ['missing: often', 'wrong-type often'],
    ['target: 0', 'out-of-range 0'],
    ['columns { a: onehot }', 'unknown-word onehot'],
    ['columns { a: number(missing: zeros) }', 'wrong-type zeros'],
    ['standardize: 1', 'wrong-type 1'],
  ])('refuses %s', (text, mark) => {
    expect(marks(lower(`${model}data { source: csv("a.csv"); ${text} }\n${train}`))).toEqual([mark]);
  });

  it('binds inputs and the target by name', () => {
    const { spec, lines } = lower(
      `${model}data { source: mnist; inputs { x: image; y: [a, "b.c"] }; target: label; seed: 3 }\n${train}`,
    );
    expect(lines).toEqual([]);
    expect(spec!.data).toMatchObject({ seed: 3, target: 'label' });
    expect(Object.entries(spec!.data.inputs!)).toEqual([
      ['x', ['image']],
      ['y', ['a', 'b.c']],
    ]);
  });

  it('is needed, like train', () => {
    expect(lower(model).lines).toEqual([
      'missing-section @Net: the spec has no `data` section (for example `data { source: mnist; validation: 5000 }`)',
      'missing-section @Net: the spec has no `train` section (for example `train { loss: mean_squared_error; epochs: 20 }`)',
    ]);
    // Under a name that is mistyped it is there: that name is all that is wrong.
    const finetuned = `simplify { finetune { epochs: 1 } }`;
    expect(marks(lower(`${model}${data}${train.replace('train', 'trian')}${finetuned}`))).toEqual([
      'unknown-section trian',
    ]);
    expect(marks(lower(`${model}${data.replace('data', 'dtaa')}${train}`))).toEqual(['unknown-section dtaa']);
    expect(marks(lower(`${model}${data}${finetuned}`))).toEqual(['missing-section Net']);
    expect(marks(lower(`${model}data { seed: 3 }\ntrain { batch_size: 3 }`))).toEqual([
      'missing-key data',
      'missing-key train',
      'missing-length train',
    ]);
    expect(marks(lower(`${model}data: 3\n${train}`))).toEqual(['wrong-type 3']);
  });
});

describe('train', () => {
  it('without phases is one phase of that name', () => {
    const { spec, lines } = lower(`${model}${data}${train}`);
    expect(lines).toEqual([]);
    expect(spec!.train).toMatchObject({
      seed: 1,
      phases: [
        {
          name: 'train',
          length: { amount: 3, unit: 'epochs' },
          loss: { word: 'mean_squared_error', arguments: {} },
          metrics: [],
          optimizer: { word: 'adam', arguments: { learning_rate: 0.001 } },
          batch_size: 32,
        },
      ],
    });
  });

  it('gives phases what they leave out', () => {
    const { spec, lines } = lower(
      `${model}${data}train { loss: mse; metrics: [mse]; batch_size: 64; optimizer: sgd(0.1)\nphases { a { epochs: 4 }; b { steps: 2k; optimizer: adam(cosine(1e-3)) } } }\nsimplify { finetune { epochs: 2; batch_size: 8 } }`,
    );
    expect(lines).toEqual([]);
    const [a, b] = spec!.train.phases;
    expect(a).toMatchObject({
      name: 'a',
      optimizer: { word: 'sgd' },
      batch_size: 64,
      length: { amount: 4, unit: 'epochs' },
    });
    expect(b).toMatchObject({
      name: 'b',
      optimizer: { arguments: { learning_rate: { word: 'cosine', arguments: { initial_learning_rate: 1e-3 } } } },
      length: { amount: 2000, unit: 'steps' },
    });
    expect(spec!.simplify.finetune).toMatchObject({ name: 'finetune', optimizer: { word: 'sgd' }, batch_size: 8 });
  });

  it('has one length', () => {
    expect(marks(lower(`${model}${data}train { loss: mse; epochs: 3; steps: 4 }`))).toEqual(['two-lengths train']);
    expect(marks(lower(`${model}${data}train { loss: mse; epochs: 5 batches }`))).toEqual(['unit-mismatch 5 batches']);
    expect(lower(`${model}${data}train { loss: mse; epochs: 2k steps }`).lines).toEqual([
      'unit-mismatch @2k steps: `epochs` of `train` takes a whole number from 1 to 1,000,000,000, and this is `2000 steps` (write `steps: 2000` instead of `epochs`)',
    ]);
    expect(
      marks(lower(`${model}${data}train { loss: mse; epochs: 3; phases { finetune { epochs: 1 }; b { } } }`)),
    ).toEqual(['length-above-phases 3', 'phase-name { epochs: 1 }', 'missing-length { }']);
  });

  it('takes a number with what it counts', () => {
    const of = (text: string) => lower(`${model}${data}train { loss: mse; ${text}`);
    const { spec, lines } = of(
      'epochs: 8 epochs; early_stopping { monitor: loss; patience: 1 epoch } }\nsimplify { every: 5 epochs; after: 2 epochs; patience: 3 looks }',
    );
    expect(lines).toEqual([]);
    expect(spec!.train.phases[0]).toMatchObject({
      length: { amount: 8, unit: 'epochs' },
      early_stopping: { patience: 1 },
    });
    expect(spec!.simplify.live).toEqual({ every: 5, after: 2, patience: 3 });
    expect(of('steps: 2k steps }').lines).toEqual([]);
    expect(of('epochs: 8 }\nsimplify { every: 100 steps }').lines).toEqual([
      'unit-mismatch @100 steps: `every` of `simplify` takes a whole number from 1 to 1,000,000,000 or `off`, and this is `100 steps` [`steps` does not fit here: `every` counts epochs]',
    ]);
    expect(of('epochs: 8 }\nsimplify { every: never }').lines).toEqual([
      'wrong-type @never: `every` of `simplify` takes a whole number from 1 to 1,000,000,000 or `off`, and this is the word `never` [write `off`]',
    ]);
    expect(marks(of('epochs: 8 }\nsimplify { every: width }'))).toEqual(['word-for-number width']);
    expect(marks(of('epochs: 8 }\nsimplify { every: 1; patience: 2 epochs }'))).toEqual(['unit-mismatch 2 epochs']);
    expect(marks(of('epochs: 1.5 epochs }'))).toEqual(['unit-mismatch 1.5 epochs']);
    expect(marks(of('epochs: 0 epochs }'))).toEqual(['out-of-range 0 epochs']);
  });

  it('clips gradients in one way, a phase in its own', () => {
    const phases = 'phases { a { epochs: 1 }; b { epochs: 1; clip_value: 0.5 } }';
    const { spec, lines } = lower(`${model}${data}train { loss: mse; global_clip_norm: 1; ${phases} }`);
    expect(lines).toEqual([]);
    const [a, b] = spec!.train.phases;
    expect([a!.global_clip_norm, a!.clip_value, b!.global_clip_norm, b!.clip_value]).toEqual([
      1,
      undefined,
      undefined,
      0.5,
    ]);
    expect(lower(`${model}${data}train { loss: mse; epochs: 1; clip_norm: 1; clip_value: 2 }`).lines).toEqual([
      'two-clippings @1: `train` clips gradients in 2 ways: `clip_value` and `clip_norm` (keep one of them)',
    ]);
    expect(marks(lower(`${model}${data}train { loss: mse; epochs: 1; clip_norm: 0 }`))).toEqual(['out-of-range 0']);
  });

  it('weighs classes by a list, a map, or as they are rare', () => {
    const given = (text: string) => {
      const { spec, lines } = lower(`${model}${data}train { loss: mse; epochs: 1; class_weight: ${text} }`);
      expect(lines).toEqual([]);
      return spec!.train.phases[0]!.class_weight;
    };
    expect(given('balanced')).toBe('balanced');
    expect(given('[1, 2.5]')).toEqual([1, 2.5]);
    expect({ ...(given('{ "2": 0.5 }') as object) }).toEqual({ 2: 0.5 });
    for (const wrong of ['balance', '3', '[1, -1]', '{ "1": -1 }', '{ "1": heavy }'])
      expect(
        lower(`${model}${data}train { loss: mse; epochs: 1; class_weight: ${wrong} }`).lines.length,
        wrong,
      ).toBeGreaterThan(0);
  });

  it('takes known words only', () => {
    expect(
      marks(
        lower(
          `${model}${data}train { loss: mean_squared_eror; optimizer: adm; metrics: [acuracy]; epochs: 3; lr: 0.1; loss_weights: 1; steps_per_epoch: 7 }`,
        ),
      ),
    ).toEqual([
      'unknown-word mean_squared_eror',
      'unknown-word adm',
      'unknown-word acuracy',
      'unknown-key lr',
      'wrong-type 1',
      'not-yet steps_per_epoch',
    ]);
  });
});

describe('simplify', () => {
  it('reads thresholds', () => {
    const threshold = (text: string) => {
      const { spec, lines } = lower(
        `${model}data { source: mnist; validation: 10% }\n${train}simplify { threshold: ${text} }`,
      );
      expect(lines).toEqual([]);
      return spec!.simplify.threshold;
    };
    expect(threshold('0')).toEqual({ kind: 'unit', value: 0 });
    expect(threshold('0.01')).toEqual({ kind: 'unit', value: 0.01 });
    expect(threshold('weight(0.01)')).toEqual({ kind: 'weight', value: 0.01 });
    expect(threshold('auto(tolerance: 0.2%)')).toEqual({ kind: 'auto', tolerance: 0.002 });
    expect(threshold('auto(0.2%, metric: accuracy)')).toEqual({ kind: 'auto', tolerance: 0.002, metric: 'accuracy' });
    expect(threshold('auto(0.2%, metric: loss)')).toEqual({ kind: 'auto', tolerance: 0.002, metric: 'loss' });
    expect(lower(`${model}${data}${train}`).spec!.simplify).toEqual({ threshold: { kind: 'unit', value: 0 } });
  });

  it('reads when to look for dead units on the way; nothing of it holds without `every`', () => {
    const simplify = (text: string) => lower(`${model}${data}${train}simplify { ${text} }`);
    expect(simplify('every: 2').spec!.simplify.live).toEqual({ every: 2, after: 0, patience: 2 });
    expect(simplify('every: 1; after: 3; patience: 4').spec!.simplify.live).toEqual({
      every: 1,
      after: 3,
      patience: 4,
    });
    expect(simplify('threshold: 0').spec!.simplify.live).toBeUndefined();
    expect(marks(simplify('every: 0; after: -1; patience: 1.5'))).toEqual([
      'out-of-range 0',
      'out-of-range -1',
      'wrong-type 1.5',
    ]);
    expect(marks(simplify('patience: 2'))).toEqual(['missing-key 2']);
    expect(marks(simplify('after: 3; patience: 2'))).toEqual(['missing-key 3']);
    const { spec } = simplify('every: 1; patience: 1');
    expect(printResolved(spec!)).toContain('simplify {\n  threshold: 0\n  every: 1\n  after: 0\n  patience: 1\n}');
    expect(printResolved(simplify('threshold: 0').spec!)).not.toContain('every');
  });

  it('reads a size to aim at', () => {
    const simplify = (text: string, sets: string[] = []) =>
      lower(`${model}data { source: mnist; validation: 10% }\n${train}simplify { ${text} }`, sets);
    const aimed = (text: string, sets?: string[]) => {
      const { spec, lines } = simplify(text, sets);
      expect(lines).toEqual([]);
      return spec!;
    };
    const { target, threshold } = aimed('target { parameters: 10% }').simplify;
    expect(target).toMatchObject({ shares: { parameters: 0.1 }, batch_size: 1 });
    expect(threshold).toEqual({ kind: 'unit', value: 0 });
    const whole = aimed(
      'target { latency: 50%; multiply_adds: 25%; parameters: 0.1; tolerance: 0.5%; metric: mean_squared_error; batch_size: 128; latency_table: file("l.json") }',
    );
    expect(whole.simplify.target).toMatchObject({
      shares: { parameters: 0.1, multiply_adds: 0.25, latency: 0.5 },
      tolerance: 0.005,
      metric: 'mse',
      batch_size: 128,
      latencyTable: { path: 'l.json' },
    });
    const text = printResolved(whole);
    expect(text).toContain(
      'simplify {\n  threshold: 0\n  target {\n    parameters: 0.1\n    multiply_adds: 0.25\n    latency: 0.5\n    tolerance: 0.005\n    metric: mse\n    batch_size: 128\n    latency_table: file("l.json")\n  }\n}',
    );
    expect(lower(text).spec!.hash).toBe(whole.hash);
    // From the command line one takes the place of the other.
    expect(aimed('target { parameters: 10% }', ['simplify.threshold=0.5']).simplify).toMatchObject({
      threshold: { kind: 'unit', value: 0.5 },
    });
    expect(aimed('threshold: 0.5', ['simplify.target={ parameters: 20% }']).simplify).toMatchObject({
      threshold: { kind: 'unit', value: 0 },
      target: { shares: { parameters: 0.2 } },
    });
    expect(
      aimed('target { parameters: 10%; tolerance: 1% }', ['simplify.target.parameters=20%']).simplify.target,
    ).toMatchObject({ shares: { parameters: 0.2 }, tolerance: 0.01 });
  });

  it('refuses sizes that say nothing, too much, or two things', () => {
    const simplify = (text: string) => marks(lower(`${model}${data}${train}simplify { ${text} }`));
    expect(simplify('target { }')).toEqual(['missing-key { }']);
    expect(simplify('target { parameters: 0 }')).toEqual(['out-of-range 0']);
    expect(simplify('target { parameters: 110% }')).toEqual(['out-of-range 110%']);
    expect(simplify('target { parameters: 10%; metric: mse }')).toEqual(['missing-key mse']);
    expect(simplify('target { parameters: 10%; batch_size: 8 }')).toEqual(['missing-key 8']);
    expect(simplify('target { size: 10% }')).toEqual(['missing-key { size: 10% }', 'unknown-key size']);
    expect(simplify('target { parameters: 10%; tolerance: 1% }')).toEqual(['auto-needs-validation 1%']);
    expect(simplify('threshold: 0.1; target { parameters: 10% }')).toEqual(['threshold-and-target 0.1']);
    expect(simplify('threshold: 0; target { parameters: 10% }')).toEqual([]);
  });

  it('reads what fine-tuning learns of the network before the cut', () => {
    const simplify = (text: string) => lower(`${model}${data}${train}simplify { ${text} }`);
    const { spec, lines } = simplify('finetune { epochs: 2 }; distil { }');
    expect(lines).toEqual([]);
    expect(spec!.simplify.distil).toEqual({ weight: 0.5, temperature: 4 });
    expect(printResolved(spec!)).toContain('  distil { weight: 0.5; temperature: 4 }\n');
    expect(lower(printResolved(spec!)).spec!.hash).toBe(spec!.hash);
    expect(simplify('finetune { epochs: 2 }').spec!.hash).not.toBe(spec!.hash);
    expect(marks(simplify('distil { weight: 0.3 }'))).toEqual(['missing-key { weight: 0.3 }']);
    expect(marks(simplify('finetune { epochs: 2 }; distil { weight: 0; temperature: 0 }'))).toEqual([
      'out-of-range 0',
      'out-of-range 0',
    ]);
  });

  it('rounding of widths and ranges are a part of what a spec says', () => {
    const simplify = (text: string) => lower(`${model}${data}${train}simplify { ${text} }`).spec!;
    expect(printResolved(simplify('round_to: 8; ranges: true'))).toContain('  round_to: 8\n  ranges: true\n');
    const live = printResolved(simplify('every: 2; after: 3; patience: 4; round_to: 8'));
    expect(live).toContain('  every: 2\n  after: 3\n  patience: 4\n  round_to: 8\n');
    expect(live).not.toContain('roundTo');
    expect(simplify('every: 2; round_to: 8').simplify.live).toMatchObject({ every: 2, roundTo: 8 });
    expect(simplify('round_to: 8').hash).not.toBe(simplify('threshold: 0').hash);
  });

  it('needs validation data to search', () => {
    expect(marks(lower(`${model}${data}${train}simplify { threshold: auto(1%) }`))).toEqual([
      'auto-needs-validation auto(1%)',
    ]);
  });

  it('refuses what is nothing', () => {
    expect(
      marks(
        lower(
          `${model}${data}${train}simplify { threshold: -1; distil { }; target { parameters: 10% }; foo: 3 }\nsimplfy { }`,
        ),
      ),
    ).toEqual(['out-of-range -1', 'missing-key { }', 'unknown-key foo', 'unknown-section simplfy']);
  });
});

describe('weights and origin', () => {
  const digest = '0123456789abcdef'.repeat(4);

  it('name files', () => {
    const { spec, lines } = lower(
      `${model}${data}${train}weights: file("a.safetensors", sha256: "${digest}")\norigin { spec: file("a.dn", sha256: "${digest}"); threshold: weight(0.012); max_difference: 3.1e-7 }`,
    );
    expect(lines).toEqual([]);
    expect(spec!.weights).toMatchObject({ path: 'a.safetensors', sha256: digest });
    expect(spec!.origin).toMatchObject({
      spec: { path: 'a.dn', sha256: digest },
      threshold: { kind: 'weight', value: 0.012 },
      max_difference: 3.1e-7,
    });
  });

  it('are checked like any value', () => {
    expect(marks(lower(`${model}${data}${train}weights: "a.safetensors"`))).toEqual(['wrong-type "a.safetensors"']);
    expect(marks(lower(`${model}${data}${train}weights: file("a", sha256: "xyz")`))).toEqual(['out-of-range "xyz"']);
    expect(marks(lower(`${model}${data}${train}origin { }`))).toEqual(['missing-key origin', 'missing-key origin']);
  });
});

it('reports three unrelated mistakes as three', () => {
  expect(
    marks(
      lower(
        'model Net {\nx = Input(4)\nDens(3)\nDense(three)\n}\ndata { source: mnist; validaton: 5 }\ntrain { loss: mse; epochs: 3 }',
      ),
    ),
  ).toEqual(['unknown-layer Dens', 'word-for-number three', 'unknown-key validaton']);
});

it('needs a model', () => {
  expect(marks(lower(`${data}${train}`))).toEqual(['missing-model']);
  expect(marks(lower(`model Net { }\n${data}${train}`))).toEqual(['empty-model Net']);
});

describe('the engine of a spec', () => {
  const read = (text: string) => lower(`${model}${data}train { loss: mse; ${text} }\n`);

  it('is a name, for all phases', () => {
    const { spec, lines } = read('engine: onnxruntime; phases { a { epochs: 1 }; b { epochs: 2 } }');
    expect(lines).toEqual([]);
    expect(spec!.train.engine).toBe('onnxruntime');
    expect(Object.keys(spec!.train.phases[0]!)).not.toContain('engine');
    const { engineSpan } = spec!.train;
    expect(engineSpan!.source.text.slice(engineSpan!.start, engineSpan!.end)).toBe('onnxruntime');
    expect(read('epochs: 1').spec!.train).not.toHaveProperty('engine');
  });

  it('is in the resolved text, quoted where it must be', () => {
    for (const [written, resolved] of [
      ['onnxruntime', 'onnxruntime'],
      ['"tfjs-wasm"', '"tfjs-wasm"'],
    ]) {
      const { spec } = read(`epochs: 1; engine: ${written}`);
      expect(printResolved(spec!)).toContain(`\n  engine: ${resolved}\n`);
      expect(lower(printResolved(spec!)).spec!.train.engine).toBe(spec!.train.engine);
      expect(lower(printResolved(spec!)).spec!.hash).toBe(spec!.hash);
    }
  });

  it('is told to stand in quotes where it has a hyphen', () => {
    const told = (written: string) => [
      `unquoted-hyphen @${written}: \`tfjs-node-gpu\` without quotes is a subtraction, and \`tfjs\` is no \`let\` (a text with a hyphen stands in quotes: \`"tfjs-node-gpu"\`)`,
    ];
    for (const written of ['tfjs-node-gpu', 'tfjs - node - gpu', 'tfjs -node- gpu'])
      expect(read(`epochs: 1; engine: ${written}`).lines).toEqual(told(written));
    // A word that is nearly a `let` is told so; one that is a `let`, or something else than a word, makes it arithmetic.
    expect(lower(`let width = 9\n${model}${data}train { loss: mse; epochs: widht-less }\n`).lines).toContain(
      'unquoted-hyphen @widht-less: `widht-less` without quotes is a subtraction, and `widht` is no `let` [did you mean `width` by `widht`?] (a text with a hyphen stands in quotes: `"widht-less"`)',
    );
    for (const written of ['all-less', 'all - 1', 'all + less', 'all-f(less)', '-all-less'])
      expect(marks(lower(`let less = 4\n${model}${data}train { loss: mse; epochs: ${written} }\n`))).not.toContain(
        `unquoted-hyphen ${written}`,
      );
    const { spec, lines } = lower(`let all = 9\nlet less = 4\n${model}${data}train { loss: mse; epochs: all-less }\n`);
    expect(lines).toEqual([]);
    expect(spec!.train.phases[0]!.length).toEqual({ amount: 5, unit: 'epochs' });
  });

  it('is no key of a phase, and no number', () => {
    expect(marks(read('phases { a { epochs: 1; engine: onnxruntime } }'))).toEqual(['unknown-key engine']);
    expect(marks(read('epochs: 1; engine: 3'))).toEqual(['wrong-type 3']);
    expect(marks(read('epochs: 1; engine: ""'))).toHaveLength(1);
  });
});
