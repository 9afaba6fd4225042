import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { allParams } from '../../../src/ir/graph.js';
import { shrink } from '../../../src/compiler/5-shrink/shrink.js';
import { printSimplified, type SimplifiedText } from '../../../src/compiler/6-print/index.js';
import { lowerSpec } from '../../../src/compiler/1-spec/index.js';
import { readDocument } from '../../../src/compiler/document.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import type { Document } from '../../../src/dsl/document.js';
import { writeYaml } from '../../../src/dsl/yaml/write.js';
import { randomValues } from '../5-shrink/networks.js';

const SHA = { weights: '9f2c'.repeat(16), origin: '41aa'.repeat(16) };

/** Indices that survive of each layer's units; a layer that is not named keeps all. */
type Survivors = Readonly<Record<string, readonly number[]>>;

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, k) => from + k);
}

/** Compiles a text, kills all other units by zeroing what reads them, shrinks, and prints. */
function simplified(
  text: string,
  survivors: Survivors,
  more: Partial<SimplifiedText> & { sets?: string[] } = {},
): string {
  const printed = simplifiedAs('lenet.dn', text, survivors, more);
  // The same in YAML: its text is edited as .dn's is, to the same spec, and to nothing else.
  const yaml = simplifiedAs('lenet.yaml', writeYaml(documentOf('lenet.dn', text)), survivors, more);
  expect(hashOf('lenet.yaml', yaml), yaml).toBe(hashOf('lenet.dn', printed));
  return printed;
}

function documentOf(name: string, text: string): Document {
  const reports = new Reports();
  const document = readDocument(new Source(name, text), reports);
  reports.throwIfFailed();
  return document;
}

function hashOf(name: string, text: string): string {
  const source = new Source(name, text);
  const reports = new Reports();
  const spec = lowerSpec(documentOf(name, text), { source, sets: [] }, reports);
  reports.throwIfFailed();
  return spec!.hash;
}

function simplifiedAs(
  name: string,
  text: string,
  survivors: Survivors,
  more: Partial<SimplifiedText> & { sets?: string[] },
): string {
  const { sets = [], ...options } = more;
  const { spec, network } = compile(new Source(name, text), { sets });
  const values = randomValues(network, 1);
  for (const node of network.graph.nodes) {
    const kernel = network.params.get(node.name)!.kernel;
    if (!kernel) continue;
    const data = values.get(kernel.name)!;
    const [reads, writes] = kernel.axes;
    const width = writes!.dim.units.length;
    reads!.dim.units.forEach((unit, row) => {
      const { layer, index } = network.dims.origin(unit);
      if (survivors[layer] && !survivors[layer].includes(index)) data.fill(0, row * width, (row + 1) * width);
    });
  }
  const shrunk = shrink(network, values);
  const count = (of: typeof network) =>
    allParams(of).reduce((sum, param) => sum + param.axes.reduce((size, axis) => size * axis.dim.units.length, 1), 0);
  return printSimplified({
    spec,
    network,
    shrunk,
    tool: 'dnc 1.0.0',
    threshold: { kind: 'unit', value: 0.012 },
    parameters: { before: count(network), after: count(shrunk.network) },
    weights: { path: 'lenet-300-100.min.safetensors', sha256: SHA.weights },
    origin: { path: 'lenet-300-100.dn', sha256: SHA.origin },
    difference: { float32: 3.1e-7, equivalent: true },
    ...options,
  });
}

const TRAIN = `data { source: mnist; validation: 5000 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 3 }
`;

/** The model's lines of what came out. */
function lines(text: string, pattern: RegExp): string[] {
  return text.split('\n').filter((line) => pattern.test(line));
}

const LENET = `# LeNet-300-100 with DropNeuron on every layer.
model LeNet_300_100 {
  image = Input(784)
  fc1   = Dense(300, activation: relu)  @dropneuron(1e-4)
  fc2   = Dense(100, activation: relu)  @dropneuron(1e-4)
  digit = Dense(10)                     @dropneuron(1e-4)
}

data {
  source: mnist
  validation: 5000
}

train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  optimizer: adam(learning_rate: 1e-3)
  metrics: [accuracy]
  batch_size: 128
  epochs: 60
  seed: 7
}

simplify {
  threshold: auto(tolerance: 0.2%)
}
`;

// The mask of docs/language.md, section 8.
const KEPT = [
  [98, 101],
  [104, 104],
  [123, 132],
  [148, 161],
  [175, 191],
  [202, 218],
  [230, 246],
  [259, 273],
  [286, 302],
  [313, 330],
  [341, 359],
  [369, 387],
  [397, 415],
  [425, 443],
  [454, 471],
  [481, 500],
  [508, 516],
  [518, 526],
  [537, 554],
  [565, 581],
  [593, 609],
  [621, 637],
  [650, 664],
  [681, 690],
  [709, 709],
  [711, 713],
  [716, 716],
].flatMap(([from, to]) => range(from!, to!));

describe('the printer', () => {
  it("gives LeNet-300-100 as the language's definition shows it", () => {
    const text = simplified(LENET, { image: KEPT, fc1: range(10, 111), fc2: range(3, 50) });
    expect(
      text,
    ).toBe(`# Simplified by dnc 1.0.0 at threshold 0.012: 266,610 -> 42,358 parameters; same outputs as the network cut at that threshold.
# LeNet-300-100 with DropNeuron on every layer.
model LeNet_300_100 {
  image = Input(784, keep: image_keep)
  fc1   = Dense(102, activation: relu)  @dropneuron(1e-4)
  fc2   = Dense(48, activation: relu)   @dropneuron(1e-4)
  digit = Dense(10)                     @dropneuron(1e-4)
}

data {
  source: mnist
  validation: 5000
}

train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  optimizer: adam(learning_rate: 1e-3)
  metrics: [accuracy]
  batch_size: 128
  epochs: 60
  seed: 7
}

simplify {
  threshold: 0
}

let image_keep = [          # 361 of 784
  98..101, 104, 123..132, 148..161, 175..191, 202..218, 230..246, 259..273, 286..302, 313..330,
  341..359, 369..387, 397..415, 425..443, 454..471, 481..500, 508..516, 518..526, 537..554,
  565..581, 593..609, 621..637, 650..664, 681..690, 709, 711..713, 716
]
weights: file("lenet-300-100.min.safetensors", sha256: "${SHA.weights}")
origin { spec: file("lenet-300-100.dn", sha256: "${SHA.origin}"); threshold: 0.012; max_difference: 3.1e-7 }
`);
  });

  it('changes nothing when it is simplified again', () => {
    const text = simplified(LENET, { image: KEPT, fc1: range(10, 111) });
    expect(simplified(text, {}, { threshold: { kind: 'unit', value: 0 } })).toBe(text);
  });

  it('composes keep where it stands when more goes, and replaces what it wrote before', () => {
    const first = simplified(LENET, { image: KEPT, fc1: range(0, 199) });
    const left = KEPT.slice(0, 40);
    const text = simplified(
      first,
      { image: left, fc1: range(0, 99) },
      { difference: { float32: 2e-8, equivalent: true } },
    );
    expect(lines(text, /Simplified|image|fc1|^ +\d|weights:|origin/)).toEqual([
      expect.stringMatching(/^# Simplified by dnc/),
      '  image = Input(784, keep: image_keep)',
      '  fc1   = Dense(100, activation: relu)  @dropneuron(1e-4)',
      'let image_keep = [          # 40 of 784',
      '  98..101, 104, 123..132, 148..161, 175..185',
      expect.stringMatching(/^weights: file/),
      expect.stringMatching(/max_difference: 2e-8 }$/),
    ]);
  });

  it('keep fits on the line, or becomes a let with a name of its own', () => {
    const body = (layers: string) => `model M {\n${layers}\n}\n${TRAIN}`;
    const short = simplified(body('  image = Input(784) # pixels\n  digit = Dense(10)'), {
      image: [3, 5, 6, 7, 9, 10],
    });
    expect(lines(short, /image/)).toEqual(['  image = Input(784, keep: [3, 5..7, 9, 10]) # pixels']);
    const many = range(0, 60).map((k) => 3 * k);
    const taken = simplified(`let image_keep = 10\n${body('  image = Input(784)\n  digit = Dense(image_keep)')}`, {
      image: many,
    });
    expect(lines(taken, /image_keep/)).toEqual([
      'let image_keep = 10',
      '  image = Input(784, keep: image_keep_2)',
      '  digit = Dense(image_keep)',
      'let image_keep_2 = [          # 61 of 784',
    ]);
    for (const line of taken.split('\n')) if (/^ +\d/.test(line)) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('writes the shape that an Input took from its data', () => {
    const text = simplified(`model M {\n  image = Input\n  flat = Flatten\n  digit = Dense(10)\n}\n${TRAIN}`, {
      flat: range(1, 783),
    });
    expect(lines(text, /image|flat/)).toEqual(['  image = Input(28, 28, 1)', '  flat = Flatten(keep: [1..783])']);
  });

  it('a let that feeds only widths becomes what most of them want, the larger at a tie; others are replaced in place', () => {
    const text = (more = '') => `let width = 20
model M {
  image = Input(784)
  a = Dense(width)
  b = Dense(width, activation: relu)
  c = Dense(units: width)
  digit = Dense(10)
}
${TRAIN}${more}`;
    const kept = { a: range(0, 11), b: range(0, 6), c: range(0, 11) };
    expect(lines(simplified(text(), kept), /width|Dense/)).toEqual([
      'let width = 12',
      '  a = Dense(width)',
      '  b = Dense(7, activation: relu)',
      '  c = Dense(units: width)',
      '  digit = Dense(10)',
    ]);
    const tie = { a: range(0, 11), b: range(0, 6), c: range(0, 8) };
    expect(lines(simplified(text(), tie), /width|Dense\(\d|units/)).toEqual([
      'let width = 12',
      '  a = Dense(width)',
      '  b = Dense(7, activation: relu)',
      '  c = Dense(units: 9)',
      '  digit = Dense(10)',
    ]);
    // One layer that lost nothing wants what it has.
    const one = { b: range(0, 6) };
    expect(lines(simplified(text(), one), /width|Dense\(\d/)).toEqual([
      'let width = 20',
      '  a = Dense(width)',
      '  b = Dense(7, activation: relu)',
      '  c = Dense(units: width)',
      '  digit = Dense(10)',
    ]);
  });

  it('a let in arithmetic, or one that other things read, stays', () => {
    const text = (a: string, epochs: string) => `let width = 20
let wide = width
model M {
  image = Input(784)
  a = Dense(${a})  # hidden
  b = Dense(wide)
  digit = Dense(10)
}
data { source: mnist; validation: 5000 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: ${epochs} }
`;
    const kept = { a: range(0, 11), b: range(0, 11) };
    expect(lines(simplified(text('width', '3'), kept), /wid|Dense/)).toEqual([
      'let width = 12',
      'let wide = width',
      '  a = Dense(width)  # hidden',
      '  b = Dense(wide)',
      '  digit = Dense(10)',
    ]);
    expect(lines(simplified(text('2 * width', '3'), kept), /wid|Dense/)).toEqual([
      'let width = 20',
      'let wide = width',
      '  a = Dense(12)         # hidden',
      '  b = Dense(12)',
      '  digit = Dense(10)',
    ]);
    expect(lines(simplified(text('width', 'width'), kept), /wid|Dense/)).toEqual([
      'let width = 20',
      'let wide = width',
      '  a = Dense(12)     # hidden',
      '  b = Dense(12)',
      '  digit = Dense(10)',
      expect.stringMatching(/epochs: width/),
    ]);
  });

  it('comments, order and spacing stay, wherever they stand', () => {
    const text = `# top

model   M   {   # the model
  image=Input( 784 )   # pixels
  fc1 = Dense(
    units: 30,    # as in the paper
    activation: relu,
  )
    @dropneuron(1e-4)   # sparse
  # between
  digit = Dense(10); # out
}
${TRAIN}
# the end`;
    const out = simplified(text, { fc1: range(0, 6) });
    expect(out).toBe(
      `${out.split('\n')[0]}\n${text.replace('units: 30,    #', 'units: 7,     #')}\n\n${out.split('\n').slice(-3).join('\n')}`,
    );
  });

  it('a keep list stands on the line up to 100 columns', () => {
    // Every third pixel makes runs of one; two blanks before the comment are the least.
    const text = (comment: string) =>
      `model M {\n  image = Input(784)    # ${comment}\n  digit = Dense(10)\n}\n${TRAIN}`;
    const kept = [100, 200, 300, 400, 500, 600, 700];
    const written = '  image = Input(784, keep: [100, 200, 300, 400, 500, 600, 700])  # ';
    const most = 100 - written.length;
    expect(lines(simplified(text('x'.repeat(most)), { image: kept }), /Input/)).toEqual([written + 'x'.repeat(most)]);
    expect(lines(simplified(text('x'.repeat(most + 1)), { image: kept }), /Input/)[0]).toContain('keep: image_keep');
  });

  it('a keep list that something else reads stays; this layer gets its own', () => {
    const text = `let kept = [1, 5..9]\nlet spare = kept
model M {\n  image = Input(784, keep: kept)\n  digit = Dense(10)\n}\n${TRAIN}`;
    expect(lines(simplified(text, { image: [5, 6, 9] }), /kept|Input/)).toEqual([
      'let kept = [1, 5..9]',
      'let spare = kept',
      '  image = Input(784, keep: [5, 6, 9])',
    ]);
  });

  it('a keep list that has become everything goes, with the let that held it', () => {
    const text = `let some = [1, 3]
model M {
  image = Input(784)
  fc = Dense(4)
  flat = Flatten(keep: some)   # some
  again = Reshape(2, keep: [0])
  digit = Dense(10)
}
${TRAIN}`;
    const out = simplified(text, {});
    expect(lines(out, /some|fc|again/)).toEqual([
      '  fc = Dense(1)',
      '  flat = Flatten               # some',
      '  again = Reshape(1)',
    ]);
  });

  it('patches of an image are written with the channels that are left', () => {
    const text = `model M {
  image = Input(4, 6, 1)
  conv = Conv2D(5, 2, strides: 2)
  patches = Reshape(6, 5)   # a sequence
  wide = Dense(3, activation: relu)
  again = Reshape([2, 3, 3])
  flat = Flatten
  digit = Dense(10)
}
${TRAIN}`;
    const compiled = compile(new Source('a.dn', text));
    const values = randomValues(compiled.network, 3);
    const kernel = values.get('wide.kernel')!;
    for (const channel of [1, 3, 4]) kernel.fill(0, channel * 3, (channel + 1) * 3);
    const digit = values.get('digit.kernel')!;
    for (let feature = 2; feature < 18; feature += 3) digit.fill(0, feature * 10, (feature + 1) * 10);
    const shrunk = shrink(compiled.network, values);
    const out = simplified(text, {}, { shrunk });
    expect(lines(out, /Conv|Reshape|Dense|Flatten/)).toEqual([
      '  conv = Conv2D(2, 2, strides: 2)',
      '  patches = Reshape(6, 2)   # a sequence',
      '  wide = Dense(2, activation: relu)',
      '  again = Reshape([2, 3, 2])',
      '  flat = Flatten',
      '  digit = Dense(10)',
    ]);
  });

  it('a bias that folding added is written', () => {
    const text = `model M {
  image = Input(784)
  fc1 = Dense(30)
  digit = Dense(10, use_bias: false)
}
${TRAIN}`;
    const compiled = compile(new Source('a.dn', text));
    const values = randomValues(compiled.network, 2);
    const kernel = values.get('fc1.kernel')!;
    for (let k = 0; k < kernel.length; k += 30) kernel[k] = 0;
    const shrunk = shrink(compiled.network, values);
    const out = simplified(text, {}, { shrunk });
    expect(lines(out, /Dense/)).toEqual(['  fc1 = Dense(29)', '  digit = Dense(10, use_bias: true)']);
  });

  it('writes --set values first, into lets, layers and sections', () => {
    const text = `let width = 20
model M {
  image = Input(784)
  a = Dense(width)  # a
  b = Dense(30)
  digit = Dense(10)
}
data { source: mnist; validation: 5000 }
train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  epochs: 3
  optimizer: adam  # the usual
}
`;
    const out = simplified(
      text,
      { b: range(0, 3) },
      {
        sets: [
          'width=24',
          'model.b.units=40',
          'model.b.activation=relu',
          'train.epochs=5',
          'train.batch_size=64',
          'train.optimizer.learning_rate=1e-2',
          'simplify.threshold=0.5',
        ],
      },
    );
    expect(lines(out, /width|= Dense|epochs|batch|optimizer|simplify/)).toEqual([
      'let width = 24',
      '  a = Dense(width)  # a',
      '  b = Dense(4, activation: relu)',
      '  digit = Dense(10)',
      '  epochs: 5',
      '  optimizer: adam(learning_rate: 1e-2)  # the usual',
      '  batch_size: 64',
      'simplify { threshold: 0 }',
    ]);
  });

  it.each([
    ['{ target { parameters: 10%; tolerance: 1% } }', 'simplify { threshold: 0 }'],
    ['{ threshold: 0; target { parameters: 10%; tolerance: 1% } }', 'simplify { threshold: 0 }'],
    ['{ round_to: 2; target { parameters: 10% } }', 'simplify { round_to: 2; threshold: 0 }'],
  ])('a size that was aimed at is reached: %s', (written, left) => {
    const text = LENET.replace(/simplify \{[^}]*\}/, `simplify ${written}`);
    expect(text).not.toBe(LENET);
    const out = simplified(text, { fc1: range(0, 9) }, { target: { parameters: 0.1, latency: 0.5 } });
    expect(lines(out, /^simplify/)).toEqual([left]);
    expect(out).toMatch(/origin \{ spec: .*; threshold: 0.012; target \{ parameters: 0.1; latency: 0.5 \}; max_/);
    const { spec } = compile(new Source('lenet.min.dn', out));
    expect(spec.origin).toMatchObject({ target: { parameters: 0.1, latency: 0.5 } });
  });

  it('a key that is set takes the place of the one that it cannot stand beside', () => {
    const set = (sets: string[], section = 'target { parameters: 10% }') =>
      lines(
        simplified(LENET.replace(/simplify \{[^}]*\}/, `simplify {\n  ${section}\n}`), { fc1: range(0, 9) }, { sets }),
        /epochs|steps|threshold|target/,
      ).slice(1, -1);
    expect(set(['train.steps=300'])).toEqual(['  steps: 300', '  threshold: 0']);
    expect(set(['simplify.threshold=0.5'])).toEqual(['  epochs: 60', '  threshold: 0']);
    expect(set(['simplify.threshold=0.5'], 'threshold: 0; target { parameters: 10% }')).toEqual([
      '  epochs: 60',
      '  threshold: 0',
    ]);
    expect(set(['simplify.target={ parameters: 5% }'], 'threshold: 0.5')).toEqual(['  epochs: 60', '  threshold: 0']);
  });

  it('says what it does not know to be the same', () => {
    const kept = { fc1: range(0, 9) };
    const first = (more: Partial<SimplifiedText>) => simplified(LENET, kept, more).split('\n')[0];
    expect(first({ difference: { float32: 0.0123, equivalent: false } })).toMatch(
      /; outputs differ from the network cut at that threshold by up to 0.012\.$/,
    );
    expect(first({ threshold: { kind: 'unit', value: 0 } })).toMatch(
      /^# Simplified by dnc 1.0.0: .*; same outputs as before\.$/,
    );
    expect(first({ threshold: { kind: 'weight', value: 0.01 } })).toMatch(/ at threshold weight\(0.01\): /);
    expect(simplified(LENET, kept, { threshold: { kind: 'weight', value: 0.01 } })).toMatch(
      /; threshold: weight\(0.01\); max/,
    );
  });

  it('keeps line ends as they are', () => {
    const out = simplified(LENET.replaceAll('\n', '\r\n'), { image: KEPT });
    expect(
      out
        .split('\n')
        .slice(0, -1)
        .every((line) => line.endsWith('\r')),
    ).toBe(true);
  });
});
