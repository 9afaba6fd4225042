import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Certificate } from '../../src/compiler/5-shrink/certificate.js';
import { type Reasons, shrinkReasons } from '../../src/compiler/5-shrink/reasons.js';
import { compile } from '../../src/compiler/compile.js';
import { render } from '../../src/diagnostics/render.js';
import { Source } from '../../src/diagnostics/source.js';
import { allParams } from '../../src/ir/graph.js';
import { paramSize } from '../../src/compiler/3-dims/index.js';
import { diffPage } from '../../src/reports/diff-as-html.js';
import { diffMarkdown } from '../../src/reports/diff-as-markdown.js';
import { diffText } from '../../src/reports/diff-as-text.js';
import { diffModels } from '../../src/reports/diff.js';
import { diffFiles } from '../../src/reports/diff-files.js';
import { foldedText, pinnedText, reasonsOfLayer } from '../../src/reports/reasons.js';
import { resultText } from '../../src/reports/result.js';
import { constantOutputText } from '../../src/runtime/simplify/constant-outputs.js';
import type { RunResult } from '../../src/runtime/simplify/result.js';
import { simplifyAgain } from '../../src/runtime/simplify/simplify-again.js';
import { encodeModelWeights, originalsOfNetwork } from '../../src/runtime/weights/model-weights.js';
import { failureOf } from '../data/failure.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';
import { problemsOf } from '../support/html.js';
import { idx } from '../support/stand-in.js';

const text = `model Net {
  x     = Input(4, 4, 1)
  conv  = Conv2D(6, 3)
  group = Conv2D(4, 1, groups: 2)
  flat  = Flatten
  fc    = Dense(8)
  norm  = LayerNormalization
  more  = Dense(5, activation: relu)
  y     = Dense(3)  @l2(1e-3)
}
data {
  source: idx(images: "images", labels: "labels", test_images: "images", test_labels: "labels")
}
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }
simplify { threshold: 0 }
weights: file("net.safetensors")
`;

let folder: string;
let result: RunResult;
const whole = () => path.join(folder, 'net.dn');
const small = () => path.join(folder, 'small', 'net.min.dn');
const json = (file: string) => JSON.parse(readFileSync(path.join(folder, 'small', file), 'utf8'));

/** Of `conv` unit 0 is dead in a group that is fuller elsewhere, of `fc` the second and the sixth before a normalisation; `more` 2 and `y` 1 are constant. */
beforeAll(async () => {
  folder = makeTemporaryFolder();
  mkdirSync(path.join(folder, 'small'));
  const rows = 12;
  const images = Uint8Array.from({ length: rows * 16 }, (_, k) => (k * 37) % 251);
  writeFileSync(path.join(folder, 'images'), idx([rows, 4, 4], images));
  writeFileSync(
    path.join(folder, 'labels'),
    idx(
      [rows],
      Uint8Array.from({ length: rows }, (_, k) => k % 3),
    ),
  );
  const { network, fitted } = compile(new Source('net.dn', text));
  const values = new Map(
    allParams(network).map((param, j) => [
      param.name,
      Float32Array.from({ length: paramSize(param) }, (_, k) => 0.3 + Math.sin(1 + k * (j + 1.7)) / 4),
    ]),
  );
  const set = (name: string, value: number, is: (k: number) => boolean) =>
    values.get(name)!.forEach((_, k, data) => {
      if (is(k)) data[k] = value;
    });
  set('group.kernel', 0, (k) => k < 2);
  set('more.kernel', 0, (k) => [1, 5].includes(Math.floor(k / 5)) || k % 5 === 2);
  set('more.bias', 0.5, (k) => k === 2);
  set('y.kernel', 0, (k) => k % 3 === 1);
  set('y.bias', 0.25, (k) => k === 1);
  // As if every second unit of `fc` had gone before.
  const originals = {
    ...originalsOfNetwork(network),
    fc: { indices: Array.from({ length: 8 }, (_, k) => 2 * k), width: 16 },
  };
  writeFileSync(path.join(folder, 'net.safetensors'), encodeModelWeights({ values, network, originals, fitted }));
  writeFileSync(whole(), text);
  result = await simplifyAgain({
    from: whole(),
    sets: [],
    out: path.join(folder, 'small'),
    dataFolder: undefined,
    engine: 'auto',
    engineOptions: { threads: 1 },
  });
}, 60_000);
afterAll(() => removeFolder(folder));

const reasons: Reasons = {
  pinned: [
    {
      layer: 'conv',
      indices: [0],
      reason: 'every group of group must have equally many, and the fullest needs so many',
    },
    {
      layer: 'fc',
      indices: [2, 10],
      reason: 'LayerNormalization takes mean and variance over all units, so the others would change without it',
    },
  ],
  constant_outputs: [{ output: 'y', layer: 'y', indices: [1], values: [0.25] }],
  folded: [
    {
      reader: 'y',
      param: 'y.bias',
      added: false,
      constants: [{ layer: 'more', indices: [2], values: [0.5] }],
    },
  ],
};

test('result.json and certificate.json say which units stay and why, what is constant, and what was folded', () => {
  expect(json('result.json')).toMatchObject(reasons);
  expect(json('certificate.json')).toMatchObject(reasons);
});

test('a constant unit of an output is a warning at its layer', () => {
  expect(
    render(result.simplified.warnings).replace(/--> .*net\.dn/, '--> net.dn'),
  ).toBe(`warning[constant-output]: unit 1 of the output y depends on no input: it is always 0.25
 --> net.dn:9:3
  |
9 |   y     = Dense(3)  @l2(1e-3)
  |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: use a smaller lambda on y, or a lower threshold
`);
  expect(json('result.json').warnings).toEqual([
    { code: 'constant-output', message: 'unit 1 of the output y depends on no input: it is always 0.25' },
  ]);
});

test('the end of a run tells what stays and what was folded, without being long', () => {
  const told = (one: RunResult) => {
    const lines = resultText(one).split('\n');
    return lines.slice(
      lines.findIndex((line) => line.startsWith('units')) + 1,
      lines.findIndex((line) => line.startsWith('parameters')),
    );
  };
  expect(told(result)).toEqual([
    'stay           conv 0: every group of group must have equally many, and the fullest needs so many',
    '               fc 2, 10: LayerNormalization takes mean and variance over all units, so the others would change without it',
    'folded         more 2 into y.bias',
  ]);
  const { simplified } = result;
  const pins = Array.from({ length: 6 }, (_, k) => ({
    layer: `fc${k}`,
    indices: [k],
    reason: 'softmax looks at all units together, so the others would change without it',
  }));
  const many = {
    ...result,
    simplified: { ...simplified, shrunk: { ...simplified.shrunk, pins, folded: [] } },
  };
  expect(told(many)).toEqual([
    'stay           fc0 0: softmax looks at all units together, so the others would change without it',
    '               fc1 1: softmax looks at all units together, so the others would change without it',
    '               fc2 2: softmax looks at all units together, so the others would change without it',
    '               and 3 more: dnc diff shows them',
  ]);
});

describe('a diff tells it at the layers', () => {
  const lines = [
    'stay: conv 0: every group of group must have equally many, and the fullest needs so many',
    'stay: fc 2, 10: LayerNormalization takes mean and variance over all units, so the others would change without it',
    'folded: more 2 into y.bias',
    'constant: unit 1 of the output y depends on no input: it is always 0.25',
  ];

  const markdown = `- ${lines[3]}

<details><summary>Which units stay and why, and what was folded</summary>

- ${lines[0]}
- ${lines[1]}
- ${lines[2]}

</details>
`;

  test('as text', () => {
    const shown = diffText(diffFiles(whole(), small())).split('\n');
    expect(shown.slice(7, 16).map((line) => line.trimEnd())).toEqual([
      '    conv  Conv2D  6      reads 1      parameters 60',
      `      ${lines[0]}`,
      '    fc    Dense   8      reads 16     parameters 136',
      `      ${lines[1]}`,
      '  ~ more  Dense   5 → 4  reads 8      parameters 45 → 36',
      '      kept 80.0 % of its units: 0, 1, 3, 4',
      '    y     Dense   3      reads 5 → 4  parameters 18 → 15',
      `      ${lines[2]}`,
      `      ${lines[3]}`,
    ]);
  });

  test('as data, with all indices', () => {
    const { layers } = diffFiles(whole(), small());
    const { pinned, constant_outputs, folded } = reasons;
    const told = (name: string) => layers.find((layer) => layer.name === name);
    expect(told('conv')).toMatchObject({ pinned: [pinned![0]] });
    expect(told('fc')).toMatchObject({ pinned: [pinned![1]] });
    expect(told('y')).toMatchObject({ constant_outputs, folded });
    for (const name of ['x', 'group', 'more'])
      for (const key of ['pinned', 'constant_outputs', 'folded']) expect(told(name)).not.toHaveProperty(key);
  });

  test('for a pull request, and as a page', () => {
    const diff = diffFiles(whole(), small());
    expect(diffMarkdown(diff)).toContain(`\n\n${markdown}\n`);
    const page = diffPage(diff);
    for (const line of lines) expect(page).toContain(`<div>${line}</div>`);
    expect(problemsOf(page)).toEqual([]);
  });

  test('also where both are run again, and where nothing else differs', () => {
    const measured = diffFiles(whole(), small(), { behaviour: true });
    expect(measured.behaviour).toMatchObject({ kind: 'measured', of: 'cut' });
    expect(diffText(measured)).toContain(lines[1]);
    const spec = compile(new Source('net.dn', text));
    const side = { file: 'net.dn', spec: spec.spec, network: spec.network };
    const same = diffModels(side, side, undefined, reasons);
    expect(same.same).toBe(true);
    expect(diffText(same)).toBe(`no difference between net.dn and net.dn\n${lines.join('\n')}\n`);
    expect(diffMarkdown(same)).toBe(`No difference between \`net.dn\` and \`net.dn\`.\n\n${markdown}`);
  });

  test('not of another spec, and not from a damaged certificate', async () => {
    const other = path.join(folder, 'other.dn');
    writeFileSync(other, text.replace('Dense(8)', 'Dense(8, activation: tanh)'));
    expect(diffText(diffFiles(other, small()))).not.toContain('stay');
    const file = path.join(folder, 'small', 'certificate.json');
    const written = readFileSync(file, 'utf8');
    const damaged = { ...(JSON.parse(written) as Certificate), pinned: [{ layer: 'fc', indices: 'all' }] };
    try {
      writeFileSync(file, JSON.stringify(damaged));
      expect(await failureOf(() => diffFiles(whole(), small()))).toMatchObject({
        exit: 4,
        text: expect.stringContaining('run-damaged'),
      });
    } finally {
      writeFileSync(file, written);
    }
  });
});

describe('the words', () => {
  const every = (step: number, length: number) => Array.from({ length }, (_, k) => step * k);

  test('long lists are shortened', () => {
    expect(pinnedText({ layer: 'attend.seen', indices: [1, 16], reason: 'why' })).toBe('attend.seen 1, 16: why');
    expect(pinnedText({ layer: 'fc', indices: [...every(2, 3), 7, 8, 9, 10], reason: 'why' })).toBe(
      'fc 0, 2, 4, 7..10: why',
    );
    expect(pinnedText({ layer: 'fc', indices: every(2, 40), reason: 'why' })).toBe(
      'fc 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, …: why',
    );
  });

  test('constants of several units', () => {
    const constant = (values: readonly number[], within?: true) =>
      constantOutputText({
        output: 'y',
        layer: 'y',
        indices: values.map((_, k) => 2 * k),
        values,
        ...(within && { within }),
      });
    expect(constant([0, 0])).toBe('units 0, 2 of the output y depend on no input: they are always 0');
    expect(constant([0.1 + 0.2, -1])).toBe('units 0, 2 of the output y depend on no input: they are always 0.3, -1');
    expect(constant([1, 2, 3, 4])).toBe('units 0, 2, 4, 6 of the output y depend on no input: they are constant');
    expect(constant([0], true)).toBe(
      'unit 0 of the output y depends on no input: it is always 0 for rows within the ranges of the inputs',
    );
    expect(constant(every(0, 30))).toBe(
      'units 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, … of the output y depend on no input: they are always 0',
    );
  });

  test('what took constants in', () => {
    const constants = [
      { layer: 'a', indices: [1, 2, 3], values: [1, 2, 3] },
      { layer: 'b', indices: [0], values: [1] },
    ];
    const folded = { reader: 'y', param: 'y.bias', added: false, constants };
    expect(foldedText(folded)).toBe('a 1..3; b 0 into y.bias');
    expect(foldedText({ ...folded, added: true })).toBe('a 1..3; b 0 into y.bias, which is new');
    expect(foldedText({ ...folded, param: 'y.kernel', carrier: { layer: 'a', index: 4 } })).toBe(
      'a 1..3; b 0 into the weights of a 4 in y.kernel',
    );
  });

  test('what is inside of a layer is told at it, and a layer whose name begins alike is another', () => {
    const pin = (layer: string) => ({ layer, indices: [0], reason: 'why' });
    const all = { pinned: [pin('attend'), pin('attend.seen'), pin('attend2')] };
    expect(reasonsOfLayer(all, 'attend')).toEqual({ pinned: [pin('attend'), pin('attend.seen')] });
    expect(reasonsOfLayer(all, 'fc')).toEqual({});
  });
});

test('several looks that fold into one bias are one entry', () => {
  const fold = (index: number, value: number) => ({
    reader: 'y',
    param: 'y.bias',
    constants: [{ layer: 'more', index, value }],
    added: false,
  });
  const { simplified, network } = result;
  const { folded } = shrinkReasons(network.before, { ...simplified.shrunk, folded: [fold(4, 1), fold(2, 0.5)] });
  expect(folded).toEqual([
    { reader: 'y', param: 'y.bias', added: false, constants: [{ layer: 'more', indices: [2, 4], values: [0.5, 1] }] },
  ]);
});
