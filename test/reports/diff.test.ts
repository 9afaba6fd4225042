import { describe, expect, it, test } from 'vitest';
import type { Certificate } from '../../src/compiler/5-shrink/certificate.js';
import type { Originals } from '../../src/compiler/3-dims/index.js';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import { type DiffSide, diffModels } from '../../src/reports/diff.js';
import { diffText } from '../../src/reports/diff-as-text.js';

const LENET = `model LeNet_300_100 {
  image = Input(784)
  fc1   = Dense(300, activation: relu)  @dropneuron(1e-4)
  fc2   = Dense(100, activation: relu)  @l2(1e-4)
  digit = Dense(10)                     @dropneuron(1e-4)
}
data { source: mnist; validation: 5000 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 60 }
simplify { threshold: auto(tolerance: 0.2%) }
`;

const SMALL = `model LeNet_300_100 {
  image = Input(784, keep: [98..101, 104, 300..655])
  fc1   = Dense(102, activation: relu)  @dropneuron(1e-4)
  fc2   = Dense(48, activation: relu, use_bias: false)
  digit = Dense(10)                     @dropneuron(2e-4) @l1(1e-5)
}
data { source: mnist; validation: 5000 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 60; optimizer: adam(learning_rate: 1e-2) }
simplify { threshold: 0 }
weights: file("x.min.safetensors", sha256: "${'ab'.repeat(32)}")
`;

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, k) => from + k);
const ORIGINALS: Originals = {
  fc1: { indices: [...range(0, 100), 299], width: 300 },
  fc2: { indices: range(0, 47).map((k) => 2 * k), width: 100 },
};

function side(file: string, text: string, originals: Originals = {}): DiffSide {
  const { spec, network } = compile(new Source(file, text), { originals: () => originals });
  return { file, spec, network };
}

const CERTIFICATE = {
  format: 1,
  difference: { float64: 2.2e-15, float32: 3.1e-7 },
  probe: { rows: 1000, source: 'features', seed: 7 },
} as unknown as Certificate;

test('what the units of a layer say is not said again of its argument, whatever that is called', () => {
  const net = (filters: number, stride: number, width: number) => `model Net {
  image = Input(8, 8, 1)
  conv  = Conv2D(${filters}, 3, strides: ${stride})
  flat  = Flatten
  y     = Dense(${width})
}
data { source: drawn_digits }
train { loss: mse; epochs: 1 }
`;
  const { layers } = diffModels(side('a.dn', net(4, 1, 10)), side('b.dn', net(3, 2, 10)));
  const conv = layers.find(({ name }) => name === 'conv')!;
  expect(conv.units).toEqual({ before: 4, after: 3 });
  expect(conv.arguments.map(({ name }) => name)).toEqual(['strides']);
});

describe('diff', () => {
  const before = side('lenet.dn', LENET);
  const after = side('runs/lenet.min.dn', SMALL, ORIGINALS);

  it('shows what the network turned out to need', () => {
    const text = diffText(diffModels(before, after, { kind: 'certificate', certificate: CERTIFICATE }));
    expect(text).toBe(`~ changed   + added   - removed   -/+ replaced
--- lenet.dn
+++ runs/lenet.min.dn
~ model LeNet_300_100
      parameters     266,610 → 42,310  (-84.1 %)
      multiply-adds  266,200 → 42,198  (-84.1 %)
      bytes          1.07 MB → 169 kB  (-84.1 %)
  ~ image  Input  784 → 361
      kept 46.0 % of its features: 98..101, 104, 300..655
      │                            │
      │              ▄▄▄▄  ▄       │
      │                            │
      │                            │
      │                            │
      │▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄████████│
      │████████████████████████████│
      │████████████████████████████│
      │████████████████████████████│
      │████████████████████████████│
      │████████████████████████████│
      │████████████▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀│
      │                            │
      │                            │
  ~ fc1    Dense  300 → 102  reads 784 → 361  parameters 235,500 → 36,924
      kept 34.0 % of its units: 0..100, 299
  ~ fc2    Dense  100 → 48   reads 300 → 102  parameters 30,100 → 4,896
      kept 48.0 % of its units: 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, …
      ~ use_bias true → false
      - @l2(lambda: 0.0001)
  ~ digit  Dense  10         reads 100 → 48   parameters 1,010 → 490
      ~ @dropneuron.lambda 0.0001 → 0.0002
      + @l1(lambda: 0.00001)
~ train.optimizer.learning_rate 0.001 → 0.01
~ simplify.threshold auto(tolerance: 0.002) → 0
+ weights x.min.safetensors (sha256 abababab…)
behaviour: same outputs as the network as it was cut: max|Δ| 3.1e-7 of the largest output in float32, 2.2e-15 in float64, over 1,000 rows (certificate)
6 changed, 1 added, 0 removed
`);
  });

  it('names settings as a spec does, in whole items and with closed brackets', () => {
    const settings = (from: string, to: string) =>
      diffText(diffModels(side('a.dn', from), side('b.dn', to)))
        .split('\n')
        .filter((line) => /^[-+~] (data|train|simplify|order)/.test(line));
    const finetuned = LENET.replace('0.2%)', '0.2%); finetune { epochs: 5 }');
    expect(settings(LENET, LENET.replace('epochs: 60', 'epochs: 3'))).toEqual(['~ train.epochs 60 → 3']);
    expect(settings(LENET, LENET.replace('epochs: 60', 'steps: 500'))).toEqual([
      '- train.epochs 60',
      '+ train.steps 500',
    ]);
    expect(settings(finetuned, finetuned.replace('epochs: 5', 'epochs: 7'))).toEqual([
      '~ simplify.finetune.epochs 5 → 7',
    ]);
    const phases = (text: string) => LENET.replace('epochs: 60', `phases { ${text} }`);
    expect(settings(phases('a { epochs: 1 }; b { epochs: 2 }'), phases('b { epochs: 2 }; a { epochs: 1 }'))).toEqual([
      '~ order of train.phases a, b → b, a',
    ]);
    expect(settings(LENET, finetuned)).toEqual(['+ simplify.finetune { epochs: 5, … }']);
    const live = (keys: string) => LENET.replace('0.2%)', `0.2%); ${keys}`);
    expect(settings(live('every: 2; round_to: 8'), live('every: 3; ranges: true'))).toEqual([
      '~ simplify.every 2 → 3',
      '- simplify.round_to 8',
      '+ simplify.ranges true',
    ]);
  });

  it('gives the same as data, with original ids in full', () => {
    const diff = diffModels(before, after);
    expect(diff).toMatchObject({
      format: 1,
      same: false,
      before: { file: 'lenet.dn', parameters: 266_610, weights: 266_200, multiply_adds: 266_200, bytes: 1_066_440 },
      after: { file: 'runs/lenet.min.dn', parameters: 42_310, weights: 42_198, bytes: 169_240 },
      totals: { changed: 6, added: 1, removed: 0, replaced: 0 },
    });
    expect(diff.layers.map(({ sign, name }) => [sign, name])).toEqual([
      ['~', 'image'],
      ['~', 'fc1'],
      ['~', 'fc2'],
      ['~', 'digit'],
    ]);
    const fc1 = diff.layers[1]!;
    expect(fc1.units).toEqual({ before: 300, after: 102 });
    expect(fc1.reads).toEqual({ before: 784, after: 361 });
    expect(fc1.kept).toEqual({ indices: ORIGINALS.fc1!.indices, of: 300 });
    expect(diff.layers[0]!.kept!.indices.slice(0, 6)).toEqual([98, 99, 100, 101, 104, 300]);
    expect(JSON.parse(JSON.stringify(diff))).toEqual(diff);
  });

  it('does not guess who survived where the weights file does not tell', () => {
    const diff = diffModels(before, side('b.dn', SMALL));
    expect(diff.layers.map(({ kept }) => kept !== undefined)).toEqual([true, false, false, false]);
  });

  it('counts survivors among those of the first model', () => {
    const smaller = SMALL.replace('Dense(102', 'Dense(50');
    const originals = { ...ORIGINALS, fc1: { indices: range(51, 100), width: 300 } };
    const diff = diffModels(after, side('c.dn', smaller, originals));
    expect(diff.layers[1]!.kept).toEqual({ indices: range(51, 100), of: 102 });
  });

  it('finds no difference between a spec and itself written another way', () => {
    const other = LENET.replace('Dense(300, activation: relu)', 'Dense(units: 300,  activation: relu)');
    const diff = diffModels(before, side('other.dn', other));
    expect(diff.same).toBe(true);
    expect(diffText(diff)).toBe('no difference between lenet.dn and other.dn\n');
  });

  it('matches layers by name; others come and go, or are replaced', () => {
    const other = LENET.replace(
      '  fc2   = Dense(100, activation: relu)  @l2(1e-4)\n',
      '  drop = Dropout(0.5)\n',
    ).replace('fc1   = Dense(300, activation: relu)  @dropneuron(1e-4)', 'fc1   = Rescaling(2)');
    const diff = diffModels(before, side('other.dn', other));
    expect(diff.layers.map(({ sign, name }) => [sign, name])).toEqual([
      [' ', 'image'],
      ['-/+', 'fc1'],
      ['-', 'fc2'],
      ['+', 'drop'],
      [' ', 'digit'],
    ]);
    expect(diff.totals).toEqual({ changed: 0, added: 1, removed: 1, replaced: 1 });
    expect(diffText(diff)).toMatch(/\n0 changed, 1 added, 1 removed, 1 replaced\n$/);
    expect(diffText(diff)).toMatch(/-\/\+ fc1 +Dense → Rescaling/);
  });

  it('other weights are a difference', () => {
    const other = side('d.dn', SMALL.replace('ab'.repeat(32), 'cd'.repeat(32)), ORIGINALS);
    const diff = diffModels(after, other);
    expect(diff.settings).toEqual([
      {
        sign: '~',
        name: 'weights',
        before: 'x.min.safetensors (sha256 abababab…)',
        after: 'x.min.safetensors (sha256 cdcdcdcd…)',
      },
    ]);
  });

  it('says how the outputs behave', () => {
    const measured = (of: 'cut' | 'weights') =>
      diffText(diffModels(before, after, { kind: 'measured', of, max_difference: 0.0123, rows: 10_000, changed: 3 }));
    const found = /behaviour: .*max\|Δ\| 1\.2e-2 of the largest output over 10,000 rows; 3 predictions changed/;
    expect(measured('cut')).toMatch(found);
    expect(measured('weights')).toMatch(found);
    expect(measured('cut')).not.toBe(measured('weights'));
    const failed = { ...CERTIFICATE, difference: { float64: 2e-3, float32: 2e-3 } };
    expect(diffText(diffModels(before, after, { kind: 'certificate', certificate: failed }))).toContain(
      'NOT the outputs of',
    );
  });

  it('calls the features of a table by their names', () => {
    const names = Array.from({ length: 784 }, (_, k) => `column: ${k}`);
    const { layers } = diffModels({ ...before, featuresOf: () => names }, after);
    const [image, fc1] = layers;
    expect(image!.kept!.names!.slice(0, 2)).toEqual(['column: 98', 'column: 99']);
    expect(fc1!.kept).not.toHaveProperty('names');
    expect(diffText(diffModels({ ...before, featuresOf: () => names }, after))).toContain(
      'kept 46.0 % of its features: column: 98, column: 99, ',
    );
    // Names of something else.
    expect(diffModels({ ...before, featuresOf: () => ['a'] }, after).layers[0]!.kept).not.toHaveProperty('names');
  });

  it('draws the pixels that an image keeps', () => {
    const text = diffText(diffModels(before, after)).split('\n');
    const drawn = text.filter((line) => line.includes('│'));
    expect(drawn).toHaveLength(14);
    // Row 3 holds 98 to 101 and 104, which are columns 14 to 17 and 20; row 2 nothing.
    expect(drawn[1]).toBe(`      │${' '.repeat(14)}▄▄▄▄  ▄${' '.repeat(7)}│`);
    for (const line of drawn) expect(line).toHaveLength(6 + 1 + 28 + 1);
  });

  it('colours the signs for a terminal, and nothing else', () => {
    const plain = diffText(diffModels(before, after)).split('\n');
    const lines = diffText(diffModels(before, after), { colour: true }).split('\n');
    const code = (number: number) => `\u001b[${number}m`;
    expect(
      lines.map((line) => [0, 1, 31, 32, 33, 35].reduce((text, one) => text.replaceAll(code(one), ''), line)),
    ).toEqual(plain);
    const starting = (...starts: string[]) => lines.filter((line) => starts.some((start) => line.startsWith(start)));
    expect(lines[0]).toBe(plain[0]);
    expect(lines[1]).toBe(`${code(1)}--- lenet.dn${code(0)}`);
    expect(starting(`  ${code(33)}~${code(0)} `)).toHaveLength(4);
    expect(starting(`      ${code(31)}-${code(0)} @l2`)).toHaveLength(1);
    expect(starting(`${code(32)}+${code(0)} weights x.min.safetensors`)).toHaveLength(1);
  });
});

it('counts all numbers of an image for its Input and for the Flatten that reads it', () => {
  const text = (keep: string) => `model Digits {
  image = Input(28, 28, 1)
  pixels = Flatten${keep}
  digit = Dense(10)
}
data { source: mnist; validation: 5000 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }
`;
  const diff = diffModels(side('a.dn', text('')), side('b.dn', text('(keep: [98..101, 104])')));
  expect(diff.layers.map(({ name, units, reads }) => [name, units, reads])).toEqual([
    ['image', { before: 784, after: 784 }, undefined],
    ['pixels', { before: 784, after: 5 }, { before: 784, after: 784 }],
    ['digit', { before: 10, after: 10 }, { before: 784, after: 5 }],
  ]);
});
