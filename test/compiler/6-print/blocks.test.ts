import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { printSimplified } from '../../../src/compiler/6-print/index.js';
import { readDocument } from '../../../src/compiler/document.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { writeYaml } from '../../../src/dsl/yaml/write.js';

const SHA = 'ab12'.repeat(16);

/** The lines that change when layers get other arguments: `{ 'res_1.a.units': 3 }`. What is written is read again by the printer, and must say them. */
export function printed(
  text: string,
  values: Readonly<Record<string, unknown>>,
  name = 'net.dn',
  sets: string[] = [],
): string {
  const { spec, network } = compile(new Source(name, text), { sets });
  const edits = Object.entries(values).map(([address, value]) => {
    const dot = address.lastIndexOf('.');
    const node = network.graph.nodes.find((one) => one.name === address.slice(0, dot));
    if (!node) throw new Error(`no layer at ${address}`);
    const argument = address.slice(dot + 1);
    return { layer: node.name, argument, before: node.arguments[argument], value };
  });
  return printSimplified({
    spec,
    network,
    shrunk: { changed: true, edits },
    tool: 'dnc 1.0.0',
    threshold: { kind: 'unit', value: 0 },
    parameters: { before: 2, after: 1 },
    weights: { path: 'net.min.safetensors', sha256: SHA },
    origin: { path: 'net.dn', sha256: SHA },
    difference: { float32: 0, equivalent: true },
  });
}

/** The same as a diff of the lines before the appended ones: `-` and `+` lines in their order. */
function diff(text: string, values: Readonly<Record<string, unknown>>, sets: string[] = []): string[] {
  const before = text.trimEnd().split('\n');
  const after = printed(text, values, 'net.dn', sets).split('\n');
  const end = after.findIndex((line) => line.startsWith('weights:'));
  const now = after.slice(1, end).join('\n').trimEnd().split('\n');
  // In YAML it is the same network.
  const reports = new Reports();
  const yaml = writeYaml(readDocument(new Source('net.dn', text), reports));
  reports.throwIfFailed();
  expect(printed(yaml, values, 'net.yaml', sets)).toContain('Simplified by dnc');
  return lineDiff(before, now);
}

/** The longest common lines stay. */
function lineDiff(a: readonly string[], b: readonly string[]): string[] {
  const common: number[][] = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i]![j] = a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const out: string[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (i < a.length && (j === b.length || common[i + 1]![j]! >= common[i]![j + 1]!)) out.push(`-${a[i++]}`);
    else out.push(`+${b[j++]}`);
  }
  return out;
}

const TRAIN =
  'data { source: mnist; validation: 5000 }\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 3 }\n';

const RESNET = `dnc 1
block conv_bn(filters, size: 3, stride: 1) {
  conv = Conv2D(filters, size, strides: stride, padding: same, use_bias: false); BatchNormalization
}
block residual(filters) <- x {
  conv1 = conv_bn(filters);            Activation(relu)
  conv2 = conv_bn(filters)
  Add <- x, conv2;                     Activation(relu)
}
block down(filters) <- x {
  conv1 = conv_bn(filters, stride: 2); Activation(relu)
  conv2 = conv_bn(filters)
  short = conv_bn(filters, size: 1, stride: 2) <- x
  Add <- short, conv2;                 Activation(relu)
}
model ResNet20 @dropneuron(1e-5) {
  image = Input(32, 32, 3)
  stem  = conv_bn(16);                 Activation(relu)
  repeat 3 { residual(16) }
  down(32)
  repeat 2 { residual(32) }
  down(64)
  repeat 2 { residual(64) }
  GlobalAveragePooling2D
  label = Dense(10)
}
data { source: cifar10; validation: 5k }
train { loss: sparse_categorical_crossentropy(from_logits: true); batch_size: 128; steps: 64k
  optimizer: sgd(piecewise([32k steps, 48k steps], [0.1, 0.01, 0.001]), momentum: 0.9) }
`;

describe('the printer', () => {
  it("gives ResNet-20 as the language's definition shows it", () => {
    const stem = Object.fromEntries(
      ['stem', 'residual_1.conv2', 'residual_2.conv2', 'residual_3.conv2'].map((name) => [`${name}.conv.filters`, 13]),
    );
    const first = {
      'residual_1.conv1.conv.filters': 11,
      'residual_2.conv1.conv.filters': 7,
      'residual_3.conv1.conv.filters': 10,
    };
    const down = Object.fromEntries(
      ['down_1.conv1', 'down_1.conv2', 'down_1.short'].map((name) => [`${name}.conv.filters`, 27]),
    );
    expect(diff(RESNET, { ...stem, ...first, ...down })).toEqual([
      '-  stem  = conv_bn(16);                 Activation(relu)',
      '-  repeat 3 { residual(16) }',
      '-  down(32)',
      '+  stem  = conv_bn(13);                 Activation(relu)',
      '+  repeat 3 { residual(13) } with {',
      '+    residual_1.conv1.conv.filters: 11',
      '+    residual_2.conv1.conv.filters: 7',
      '+    residual_3.conv1.conv.filters: 10',
      '+  }',
      '+  down(27)',
    ]);
  });

  it('follows a width through parameters, defaults and lets to its literal', () => {
    const text = `let width = 20
block lin(n: width) { Dense(n, activation: relu) }
block pair(n, m: 8) { a = lin(n); b = lin(m); lin }
model Net {
  Input(784)
  pair(width)
  pair(n: 30)   # the second
  Dense(width)
  Dense(10)
}
${TRAIN}`;
    expect(
      diff(text, {
        'pair_1.a.dense_1.units': 7,
        'pair_1.b.dense_1.units': 6,
        'pair_1.lin_3.dense_1.units': 7,
        'pair_2.a.dense_1.units': 29,
        'pair_2.b.dense_1.units': 5,
        'pair_2.lin_3.dense_1.units': 7,
        'dense_1.units': 4,
      }).join('\n'),
    ).toBe(`-let width = 20
+let width = 7
-block pair(n, m: 8) { a = lin(n); b = lin(m); lin }
+block pair(n, m: 6) { a = lin(n); b = lin(m); lin }
-  pair(n: 30)   # the second
-  Dense(width)
+  pair(n: 29) with { b.dense_1.units: 5 }  # the second
+  Dense(4)`);
  });
});
