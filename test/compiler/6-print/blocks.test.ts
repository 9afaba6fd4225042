import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { printSimplified } from '../../../src/compiler/6-print/index.js';
import { readDocument } from '../../../src/compiler/document.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { type Network, nodeOf } from '../../../src/ir/graph.js';
import type { Call } from '../../../src/ir/kind.js';
import { writeYaml } from '../../../src/dsl/yaml/write.js';

const SHA = 'ab12'.repeat(16);

/** Layers that went, and what is read in their place. */
type Gone = Readonly<Record<string, string>>;

/** A network without some layers, its arguments changed. */
function without(network: Network, gone: Gone, values: Readonly<Record<string, unknown>>): Network {
  const follow = (name: string): string => (gone[name] === undefined ? name : follow(gone[name]));
  const nodes = network.graph.nodes.flatMap((node) => {
    if (gone[node.name] !== undefined) return [];
    const own = Object.entries(values).filter(([address]) => address.slice(0, address.lastIndexOf('.')) === node.name);
    const changed = Object.fromEntries(
      own.map(([address, value]) => [address.slice(address.lastIndexOf('.') + 1), value]),
    );
    const inputs = node.inputs.map((input) => ({ ...input, node: follow(input.node) }));
    return [{ ...node, inputs, arguments: { ...node.arguments, ...changed } }];
  });
  return { ...network, graph: { ...network.graph, nodes } };
}

/** The lines that change when layers get other arguments: `{ 'res_1.a.units': 3 }`. What is written is read again by the printer, and must say them. */
function printed(
  text: string,
  values: Readonly<Record<string, unknown>>,
  { name = 'net.dn', sets = [], gone = {} }: { name?: string; sets?: readonly string[]; gone?: Gone } = {},
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
    shrunk: { changed: true, edits, network: without(network, gone, values) },
    tool: 'dnc 1.0.0',
    threshold: { kind: 'unit', value: 0 },
    parameters: { before: 2, after: 1 },
    weights: { path: 'net.min.safetensors', sha256: SHA },
    origin: { path: 'net.dn', sha256: SHA },
    difference: { float32: 0, equivalent: true },
  });
}

/** The same as a diff of the lines before the appended ones: `-` and `+` lines in their order. */
function diff(
  text: string,
  values: Readonly<Record<string, unknown>>,
  options: { sets?: readonly string[]; gone?: Gone } = {},
): string[] {
  const before = text.trimEnd().split('\n');
  const after = printed(text, values, options).split('\n');
  const end = after.findIndex((line) => line.startsWith('weights:'));
  const now = after.slice(1, end).join('\n').trimEnd().split('\n');
  // In YAML it is the same network.
  const reports = new Reports();
  const yaml = writeYaml(readDocument(new Source('net.dn', text), reports));
  reports.throwIfFailed();
  expect(printed(yaml, values, { ...options, name: 'net.yaml' })).toContain('Simplified by dnc');
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

  it('keeps channels of a picture whose extents are written one by one', () => {
    expect(diff(RESNET, { 'image.keep': [0, 2] })).toEqual([
      '-  image = Input(32, 32, 3)',
      '+  image = Input(32, 32, 3, keep: [0, 2])',
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

  it('leaves literals in arithmetic, counts and other arguments, and says the widths behind the use', () => {
    const text = `let rate = 16
block lin(n, times: 2) { repeat times { Dense(2 * n) }; Dense(n); Dense(times) }
model Net {
  Input(784)
  first = lin(4) with { dense_3.units: rate }
  repeat 2 { Dense(8) }
  lin(4, 1)
  Dense(10)
}
data { source: mnist; validation: 5000 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 3; batch_size: rate }
`;
    expect(
      diff(text, {
        'first.dense_1.units': 5,
        'first.dense_3.units': 3,
        'dense_1.units': 7,
        'dense_2.units': 6,
        'lin_2.dense_1.units': 6,
        'lin_2.dense_2.units': 3,
      }),
    ).toEqual([
      '-  first = lin(4) with { dense_3.units: rate }',
      '-  repeat 2 { Dense(8) }',
      '-  lin(4, 1)',
      '+  first = lin(4) with { dense_3.units: 3; dense_1.units: 5 }',
      '+  repeat 2 { Dense(7) } with { dense_2.units: 6 }',
      '+  lin(4, 1) with {',
      '+    dense_1.units: 6',
      '+    dense_2.units: 3',
      '+  }',
    ]);
  });

  it('writes other arguments behind the use, long lists as a let, and what data told', () => {
    const text = `block tower(n) { Input; Flatten; Dense(n, use_bias: false) }
model Net {
  tower(20)   # all of it
  Dense(10)
}
${TRAIN}`;
    const keep = Array.from({ length: 60 }, (_, k) => 3 * k);
    expect(diff(text, { 'tower_1.flatten_1.keep': keep, 'tower_1.dense_1.use_bias': true })).toEqual([
      '-  tower(20)   # all of it',
      '+  tower(20) with {',
      '+    input_1.shape: [28, 28, 1]',
      '+    flatten_1.keep: tower_1_flatten_1_keep',
      '+    dense_1.use_bias: true',
      '+  }   # all of it',
      '+',
      '+let tower_1_flatten_1_keep = [          # 60 of 784',
      expect.stringMatching(/^\+ {2}0, 3, 6/),
      expect.stringMatching(/^\+ {2}\d/),
      expect.stringMatching(/^\+ {2}\d/),
      '+]',
    ]);
    expect(diff(text, { 'tower_1.flatten_1.keep': [1, 2, 3, 9] })[2]).toBe('+    input_1.shape: [28, 28, 1]');
  });

  it('writes --set values of expanded layers behind their use', () => {
    const text = `block lin(n) { fc = Dense(n) }\nmodel Net {\n  Input(784)\n  repeat 2 { lin(4) }\n  Dense(10) with { units: 10 }\n}\n${TRAIN}`;
    const sets = ['model.lin_2.fc.units=9', 'model.lin_2.fc.use_bias=false', 'model.dense_1.activation=relu'];
    expect(diff(text, { 'lin_1.fc.units': 3 }, { sets })).toEqual([
      '-  repeat 2 { lin(4) }',
      '-  Dense(10) with { units: 10 }',
      '+  repeat 2 { lin(3) } with { lin_2.fc.units: 9; lin_2.fc.use_bias: false }',
      '+  Dense(10) with { units: 10; activation: relu }',
    ]);
  });

  const net = (body: string) => `block res(n) <- x { a = Dense(n); b = Dense(n); Add <- x, b }
model Net {
  Input(784)
${body}
  Dense(10)
}
${TRAIN}`;
  const whole = (use: string, input: string): Gone => ({
    [`${use}.a`]: input,
    [`${use}.b`]: input,
    [`${use}.add_1`]: input,
  });

  it('takes out block uses and layers where their input passes through', () => {
    expect(diff(net('  Dense(4)\n  repeat 3 { res(4) }'), {}, { gone: whole('res_2', 'res_1.add_1') })).toEqual([
      '-  repeat 3 { res(4) }',
      '+  repeat 3 { res(4) } with { res_2: off }',
    ]);
    expect(
      diff(
        net('  Dense(4)\n  res(4)   # goes\n  res(4)\n  Add <- res_1, res_2'),
        {},
        { gone: whole('res_1', 'dense_1') },
      ),
    ).toEqual([
      '-  res(4)   # goes',
      '-  res(4)',
      '-  Add <- res_1, res_2',
      '+  res_2 = res(4)',
      '+  Add <- dense_1, res_2.add_1',
    ]);
    expect(diff(net('  Dense(4)\n  res(4)'), { 'res_1.b.units': 4 }, { gone: { 'res_1.a': 'dense_1' } })).toEqual([
      '-  res(4)',
      '+  res(4) with { a: off }',
    ]);
  });

  it('gives later layers of the kind their old names, and says what is read', () => {
    expect(
      diff(
        net('  top = Dense(4)\n  Dense(5)  # goes\n  Dense(4)\n  Add <- dense_3, top'),
        {},
        { gone: { dense_2: 'top' } },
      ),
    ).toEqual([
      '-  Dense(5)  # goes',
      '-  Dense(4)',
      '+  dense_3 = Dense(4)',
      '-  Dense(10)',
      '+  dense_4 = Dense(10)',
    ]);
    // What it read is not above it.
    expect(
      diff(
        net('  top = Dense(4)\n  a = Dense(4)\n  b = Dense(5) <- top\n  c = Dense(4)\n  Add <- a, c'),
        {},
        { gone: { b: 'top' } },
      ),
    ).toEqual([
      '-  b = Dense(5) <- top',
      '-  c = Dense(4)',
      '+  c = Dense(4) <- top',
      '-  Dense(10)',
      '+  dense_5 = Dense(10)',
    ]);
  });

  it('writes a use out where no `with` can say what is left of it', () => {
    const text = net('  Dense(4)\n  res(4) @l1(0.5)  # here\n  Dropout(0.5)').replace('model Net', 'model Net @l2(1)');
    expect(diff(text, { 'res_1.a.units': 3 }, { gone: { 'res_1.add_1': 'res_1.b' } })).toEqual([
      '-  res(4) @l1(0.5)  # here',
      '+  res_1.a = Dense(units: 3) <- dense_1  @l1(lambda: 0.5)',
      '+  res_1.b = Dense(units: 4)  @l1(lambda: 0.5)  # here',
    ]);
  });

  it('follows widths into layers that are arguments', () => {
    const text = `block seq(n) { Bidirectional(LSTM(n, return_sequences: true)); TimeDistributed(Dense(8, activation: relu)) }
model Net {
  series = Input(6, 4)
  both = Bidirectional(LSTM(5, return_sequences: true))
  repeat 2 { seq(5) }
  Flatten
  Dense(10)
}
${TRAIN}`;
    const { network } = compile(new Source('net.dn', text));
    const layerOf = (name: string, values: Readonly<Record<string, unknown>>) => {
      const call = nodeOf(network.graph, name).arguments.layer as Call;
      return { ...call, arguments: { ...call.arguments, ...values } };
    };
    expect(
      diff(text, {
        'both.layer': layerOf('both', { units: 3 }),
        'both.backward_layer': layerOf('both', { units: 2, go_backwards: true }),
        'seq_1.bidirectional_1.layer': layerOf('seq_1.bidirectional_1', { units: 4 }),
        'seq_2.bidirectional_1.layer': layerOf('seq_2.bidirectional_1', { units: 4 }),
        'seq_2.time_distributed_1.layer': layerOf('seq_2.time_distributed_1', { units: 7, use_bias: false }),
      }),
    ).toEqual([
      '-  both = Bidirectional(LSTM(5, return_sequences: true))',
      '-  repeat 2 { seq(5) }',
      '+  both = Bidirectional(LSTM(3, return_sequences: true), backward_layer: LSTM(units: 2, return_sequences: true, go_backwards: true))',
      '+  repeat 2 { seq(4) } with {',
      '+    seq_2.time_distributed_1.layer.use_bias: false',
      '+    seq_2.time_distributed_1.layer.units: 7',
      '+  }',
    ]);
  });
});
