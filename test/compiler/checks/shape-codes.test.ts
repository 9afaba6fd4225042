import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import type { shapeCodes } from '../../../src/diagnostics/catalogue/shape.js';
import { Failure } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { shown } from '../lowered.js';

/** A whole spec, and every line that compiling it must report, warnings included. */
interface Mistake {
  readonly body: string;
  readonly head?: string;
  /** Default: twenty features and one number. */
  readonly source?: string;
  readonly train?: string;
  readonly rest?: string;
  readonly lines: readonly string[];
}

const digits = 'drawn_digits';
const sparse = 'loss: sparse_categorical_crossentropy';

/** Every code of stages 2 to 4; one that is missing here does not compile. A word says where else it is tested. */
const mistakes: Readonly<Record<keyof typeof shapeCodes, readonly Mistake[] | `test/${string}`>> = {
  'no-input': [{ body: 'y = Dense(1)', lines: ['no-input @Net: model Net has no Input'] }],
  'unknown-layer-name': [
    {
      body: 'x = Input(20)\ny = Dense(1) <- z',
      lines: ['unknown-layer-name @z: no layer is called z [did you mean `x`?]'],
    },
  ],
  'reads-later-layer': [
    {
      body: 'x = Input(20)\na = Dense(1) <- y\ny = Dense(1)',
      lines: ['reads-later-layer @y: a reads y, which comes after it'],
    },
  ],
  'nothing-above': [
    {
      body: 'a = Dense(1)\nx = Input(20)\ny = Dense(1)',
      head: 'Net -> a, y',
      lines: ['nothing-above @a = Dense(1): a reads the layer above it, and there is none'],
    },
  ],
  'input-count': [
    {
      body: 'x = Input(20)\na = Dense(2)\ny = Dense(1) <- x, a',
      lines: ['input-count @x: y reads one input and was given 2'],
    },
  ],
  'unread-layer': [
    {
      body: 'x = Input(20)\na = Dense(2)\ny = Dense(1) <- x',
      lines: ['unread-layer @a = Dense(2): nothing reads a, and it is not an output'],
    },
  ],
  'shape-mismatch': [
    {
      body: 'x = Input(20)\na = Reshape(3, 7)\nf = Flatten\ny = Dense(1)',
      lines: [expect.stringMatching(/^shape-mismatch @a = Reshape\(3, 7\): .*20.*21/)],
    },
    {
      body: 'x = Input(20)\nr = Reshape(5, 4)\na = LSTM(8)\nb = LSTM(8)\ny = Dense(1)',
      lines: [expect.stringMatching(/^shape-mismatch @b = .*\(give a `return_sequences: true`: /)],
    },
    {
      body: 'x = Input(20)\nr = Reshape(5, 4)\na = Bidirectional(LSTM(8))\nb = GRU(8)\ny = Dense(1)',
      lines: [expect.stringMatching(/^shape-mismatch @b = .*\(give the layer in a `return_sequences: true`: /)],
    },
    {
      body: 'x = Input(20)\na = LSTM(8)\ny = Dense(1)',
      lines: [expect.stringMatching(/^shape-mismatch @a = .*`Embedding`.*`Reshape\(20, 1\)`/)],
    },
    {
      body: 'x = Input(20)\nr = Reshape(5, 2, 2)\na = LSTM(8)\ny = Dense(1)',
      lines: [expect.stringMatching(/^shape-mismatch @a = .*\(`Reshape\(5, 4\)` before it/)],
    },
    {
      body: 'x = Input(20)\na = Dense(3) <- x\nb = Dense(4) <- x\nc = Add <- a, b\ny = Dense(1)',
      lines: [
        'shape-mismatch @c = Add <- a, b: c needs inputs of one shape and was given a 3, b 4 (only an axis of 1 is stretched to the length of the others)',
      ],
    },
  ],
  'input-without-shape': [
    {
      body: 'x = Input\ny = Dense(10, activation: softmax)',
      source: 'idx(images: "a", labels: "b")',
      train: sparse,
      lines: [expect.stringMatching(/^input-without-shape @x = Input: x has no shape, and idx/)],
    },
  ],
  'keep-without-names': [
    {
      body: 'x = Input(3, keep: [area, 2])\ny = Dense(1)',
      source: 'csv("houses.csv"); target: price',
      lines: [
        'keep-without-names @x = Input(3, keep: [area, 2]): `keep` of x names features, and nothing is known of the names in csv',
      ],
    },
  ],
  'unknown-feature': 'test/runtime/run/tables.test.ts',
  'forgotten-flatten': [
    {
      body: 'x = Input(28, 28, 1)\na = Dense(2)\nf = Flatten\ny = Dense(10, activation: softmax)',
      source: digits,
      train: sparse,
      lines: [
        'forgotten-flatten @a = Dense(2): a is applied to the last axis only of 28×28×1 (put a line `Flatten` or `GlobalAveragePooling2D` before it; if every place is meant by itself, say so: `Conv2D(2, 1)`)',
      ],
    },
  ],
  'too-many-parameters': 'test/compiler/3-dims/limits.test.ts',
  'loss-needs-probabilities': [
    {
      body: 'x = Input(784)\ny = Dense(10)',
      source: digits,
      train: sparse,
      lines: [
        'loss-needs-probabilities @y = Dense(10): sparse_categorical_crossentropy with from_logits: false needs y to end in softmax (write sparse_categorical_crossentropy(from_logits: true), or end y in softmax)',
      ],
    },
    {
      body: 'x = Input(20)\ny = Dense(1, activation: softmax)',
      train: 'loss: binary_crossentropy',
      lines: [
        'loss-needs-probabilities @y = Dense(1, activation: softmax): binary_crossentropy with from_logits: false needs y to end in sigmoid (write binary_crossentropy(from_logits: true), or end y in sigmoid)',
      ],
    },
    // What comes after the softmax is no longer its probabilities.
    {
      body: 'x = Input(784)\np = Dense(10, activation: softmax)\ny = Dropout(0.5)',
      source: digits,
      train: sparse,
      lines: [expect.stringMatching(/^loss-needs-probabilities @y = Dropout\(0\.5\):/)],
    },
  ],
  'loss-takes-logits': [
    {
      body: 'x = Input(784)\ny = Dense(10, activation: softmax)',
      source: digits,
      train: 'loss: sparse_categorical_crossentropy(from_logits: true)',
      lines: [
        'loss-takes-logits @y = Dense(10, activation: softmax): y ends in softmax, and sparse_categorical_crossentropy was told from_logits: true (remove one of the two)',
      ],
    },
    {
      body: 'x = Input(20)\nz = Dense(1)\ny = Activation(sigmoid)',
      train: 'loss: binary_crossentropy(from_logits: true)',
      lines: [expect.stringMatching(/^loss-takes-logits @y = Activation\(sigmoid\): y ends in sigmoid/)],
    },
  ],
  'loss-width': [
    {
      body: 'x = Input(784)\ny = Dense(9, activation: softmax)',
      source: digits,
      train: sparse,
      lines: [
        'loss-width @y = Dense(9, activation: softmax): sparse_categorical_crossentropy needs 10 units, one for every class, and y gives 9',
      ],
    },
    {
      body: 'x = Input(784)\ny = Dense(11, activation: softmax)',
      source: digits,
      train: 'loss: categorical_crossentropy',
      lines: [expect.stringMatching(/^loss-width @y = .*10 units, one for every class, and y gives 11$/)],
    },
    {
      body: 'x = Input(20)\ny = Dense(2, activation: softmax)',
      train: sparse,
      lines: [
        expect.stringMatching(/^loss-width @y = .*a target of class numbers, and the target gives real numbers$/),
      ],
    },
    {
      body: 'x = Input(20)\ny = Dense(3)',
      lines: [
        expect.stringMatching(
          /^loss-width @y = Dense\(3\): mean_squared_error needs as many values as the target has \(1\), and y gives 3$/,
        ),
      ],
    },
    {
      body: 'x = Input(20)\ny = Dense(1)',
      rest: 'simplify { finetune { epochs: 1; loss: binary_crossentropy } }',
      lines: [expect.stringMatching(/^loss-needs-probabilities @y = Dense\(1\): binary_crossentropy/)],
    },
    // Once only for phases that are alike.
    {
      body: 'x = Input(784)\ny = Dense(9)',
      source: digits,
      train:
        'phases { a { epochs: 1; loss: sparse_categorical_crossentropy(from_logits: true) }; b { epochs: 1; loss: sparse_categorical_crossentropy(from_logits: true) } }',
      lines: [expect.stringMatching(/^loss-width @y = Dense\(9\)/)],
    },
  ],
  'class-weight-loss': [
    {
      body: 'x = Input(20)\ny = Dense(1)',
      train: 'loss: mse; class_weight: balanced',
      lines: [
        'class-weight-loss @balanced: class_weight does not fit mean_squared_error at y: it is no loss of classes',
      ],
    },
    {
      body: 'x = Input(28, 28)\nFlatten\ny = Dense(10, activation: sigmoid)',
      source: digits,
      train: 'loss: binary_crossentropy; class_weight: balanced',
      lines: [
        'class-weight-loss @balanced: class_weight does not fit binary_crossentropy at y: every unit has classes of its own',
      ],
    },
  ],
  'class-weight-class': [
    {
      body: 'x = Input(28, 28)\nFlatten\ny = Dense(10)',
      source: digits,
      train: `${sparse}(from_logits: true); class_weight: [1, 2]`,
      lines: [
        'class-weight-class @[1, 2]: class_weight: the output tells 10 classes apart, and here is a list of 2 weights',
      ],
    },
    {
      body: 'x = Input(28, 28)\nFlatten\ny = Dense(10)',
      source: digits,
      train: `${sparse}(from_logits: true); class_weight { "9": 2; "10": 2 }`,
      lines: [
        'class-weight-class @{ "9": 2; "10": 2 }: class_weight: the output tells 10 classes apart, and here is the class "10"',
      ],
    },
    {
      body: 'x = Input(80)\ny = Dense(1)',
      source: 'two_views',
      train: 'loss: binary_crossentropy(from_logits: true); class_weight { diferent: 2 }',
      lines: [
        'class-weight-class @{ diferent: 2 }: class_weight: the output tells 2 classes apart, and here is the class "diferent" (did you mean `different`?)',
      ],
    },
    {
      body: 'x = Input(80)\ny = Dense(1)',
      source: 'two_views',
      train: 'loss: binary_crossentropy(from_logits: true); class_weight { different: 2; "1": 3 }',
      lines: [],
    },
  ],
  'schedule-arguments': [
    ...(
      [
        ['piecewise([10, 20], [0.1, 0.2])', 'piecewise: 2 boundaries separate 3 values, and there are 2'],
        ['piecewise([10, 10], [0.1, 0.2, 0.3])', 'piecewise: every boundary must be later than the one before'],
        ['piecewise([1 epoch, 10 steps], [1, 2, 3])', 'piecewise: boundaries are all in steps or all in epochs'],
        ['warmup(5, step(0.1, 0 epochs))', 'step: `every` must be above 0'],
        ['exponential(0.1, 0, 0.5)', 'exponential: `decay_steps` must be above 0'],
        ['polynomial(0.1, 0)', 'polynomial: `decay_steps` must be above 0'],
      ] as const
    ).map(
      ([rate, message]): Mistake => ({
        body: 'x = Input(20)\ny = Dense(1)',
        train: `loss: mse; optimizer: sgd(${rate})`,
        lines: [`schedule-arguments @sgd(${rate}): ${message}`],
      }),
    ),
  ],
  'unknown-monitor': [
    {
      body: 'x = Input(20)\ny = Dense(1)',
      train: 'loss: mse; metrics: [nmse]; early_stopping { monitor: val_accuracy }',
      lines: [
        'unknown-monitor @{ monitor: val_accuracy }: early_stopping looks at `val_accuracy`, which this training does not compute (it can be `objective`, `loss`, `nmse`, `val_loss`, `val_nmse`)',
      ],
    },
  ],
  'monitor-needs-validation': [
    {
      body: 'x = Input(20)\ny = Dense(1)',
      train: 'loss: mse; optimizer: sgd(reduce_on_plateau(0.1))',
      lines: [
        'monitor-needs-validation @sgd(reduce_on_plateau(0.1)): reduce_on_plateau looks at `val_loss`, and no rows are held out for validation (add `validation: 10%` to `data`, or look at `loss`)',
      ],
    },
  ],
  'metric-arguments': [
    {
      body: 'x = Input(20)\ny = Dense(3)',
      source: digits,
      train: 'loss: mse; metrics: [top_k, recall(class_id: 3), precision(top_k: 4)]',
      lines: [
        'metric-arguments @top_k: top_k: `k` is 5, and the output has 3 units: every row is right',
        'metric-arguments @recall(class_id: 3): recall: `class_id` counts from 0, is 3, and the output has 3 units',
        'metric-arguments @precision(top_k: 4): precision: `top_k` is 4, and the output has 3 units',
      ],
    },
  ],
  'initializer-axes': [
    {
      body: 'x = Input(20)\ny = Dense(1, kernel_initializer: orthogonal, bias_initializer: identity)',
      train: 'loss: mse',
      lines: [
        'initializer-axes @y = Dense(1, kernel_initializer: orthogonal, bias_initializer: identity): identity makes tensors of 2 axes, and y.bias has 1',
      ],
    },
  ],
  'metric-target': 'test/compiler/checks/metric-fits-target.test.ts',
  'interfaces-differ': 'test/runtime/simplify/simplify-again.test.ts',
  'not-by-output': 'test/compiler/checks/losses-by-output.test.ts',
  'unknown-output': 'test/compiler/checks/losses-by-output.test.ts',
  'output-without-loss': 'test/compiler/checks/losses-by-output.test.ts',
  'not-trainable': [
    {
      body: 'x = Input(20)\ny = Reshape(20)',
      train: 'loss: mse',
      lines: [
        expect.stringMatching(/^not-trainable @Net: no layer with weights lies between the inputs and y/),
        expect.stringMatching(/^loss-width/),
      ],
    },
  ],
  'reweighted-gradient': [
    {
      body: 'x = Input(20)\ny = Dense(1) @dropneuron(1e-4, solver: gradient, reweighted: true)',
      lines: [
        'reweighted-gradient @dropneuron(1e-4, solver: gradient, reweighted: true): @dropneuron with solver: gradient cannot be reweighted (remove `reweighted: true`, or write `solver: proximal`)',
      ],
    },
  ],
  'method-without-sense': [
    {
      body: 'x = Input(20)\ny = Dense(1) @dsd(0.3)',
      lines: [
        'method-without-sense @dsd(0.3): @dsd makes no sense here: it would be sparse in every phase; `during: NAME` names the sparse one',
      ],
    },
    {
      body: 'x = Input(20)\na = Dense(4) @information_bottleneck(1e-3, warm_up: 0) @l0(1e-3)\ny = Dense(1) @group_lasso(0.1, side: outgoing, bias: true)',
      lines: [
        'method-without-sense @information_bottleneck(1e-3, warm_up: 0): @information_bottleneck makes no sense here: @l0 has gates in the same place; take one of the two',
        'method-without-sense @group_lasso(0.1, side: outgoing, bias: true): @group_lasso makes no sense here: outgoing groups have no bias; leave `bias` away',
      ],
    },
    {
      body: 'x = Input(20)\ny = Dense(1) @variational(1e-3, warm_up: 0) @elastic(0.1, 0.1)',
      lines: [
        'method-without-sense @variational(1e-3, warm_up: 0): @variational makes no sense here: log α is held by the size of a weight, which @elastic changes for another reason',
      ],
    },
    {
      body: 'x = Input(20)\na = Dense(4)\ny = Dense(1) @spectral_dropout(0.1)',
      lines: [
        'method-without-sense @spectral_dropout(0.1): @spectral_dropout makes no sense here: outputs of the model are left as they are; it acts on layers before them',
      ],
    },
  ],
  'annotation-without-effect': [
    {
      body: 'x = Input(20)\na = Dense(8, trainable: false) @l1(1e-3)\nb = BatchNormalization @l2(1e-3)\ny = Dense(1)',
      lines: [
        'annotation-without-effect @l1(1e-3): `@l1` does nothing on `a`: it is not trainable',
        'annotation-without-effect @l2(1e-3): `@l2` does nothing on `b`: BatchNormalization has no kernel',
      ],
    },
    // The model's own passes by, and one that is taken back does nothing anyway.
    {
      body: 'x = Input(20)\na = Dense(8, trainable: false)\nb = BatchNormalization @l1(off)\ny = Dense(1)',
      head: 'Net @l1(1e-3)',
      lines: [],
    },
  ],
  'indices-computed': 'test/compiler/checks/indices-are-read.test.ts',
  'rescaled-twice': [
    {
      body: 'x = Input(784)\nr = Rescaling(0.00392156862745098)\ny = Dense(10, activation: softmax)',
      source: 'mnist',
      train: sparse,
      lines: [
        'rescaled-twice @r = Rescaling(0.00392156862745098): r divides by about 255, and mnist already gives values in [0, 1]',
      ],
    },
    {
      body: 'x = Input(784)\nr = Rescaling(0.00392156862745098)\ny = Dense(10, activation: softmax)',
      source: 'mnist(range: 0..255)',
      train: sparse,
      lines: [],
    },
    {
      body: 'x = Input(784)\nr = Rescaling(2, offset: -1)\ny = Dense(10, activation: softmax)',
      source: 'mnist',
      train: sparse,
      lines: [],
    },
  ],
};

function report({
  body,
  head = 'Net',
  source = 'sparse_regression',
  train = 'loss: mse',
  rest = '',
}: Mistake): string[] {
  const length = train.startsWith('phases') ? '' : 'epochs: 1';
  const text = `model ${head} {\n${body}\n}\ndata { source: ${source} }\ntrain { ${train}\n${length} }\n${rest}`;
  try {
    return compile(new Source('net.dn', text)).warnings.map(shown);
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics.map(shown);
    throw error;
  }
}

describe.each(Object.entries(mistakes).filter(([, own]) => typeof own !== 'string') as [string, readonly Mistake[]][])(
  '%s',
  (_, own) => {
    test.each(own.map((mistake, k) => ({ name: `${k + 1}: ${mistake.body.replaceAll('\n', '; ')}`, mistake })))(
      '$name',
      ({ mistake }) => {
        expect(report(mistake)).toEqual(mistake.lines);
      },
    );
  },
);

test('a loss that does not fit points at the loss, too', () => {
  const text =
    'model Net {\nx = Input(20)\ny = Dense(3)\n}\ndata { source: sparse_regression }\ntrain { loss: mse; epochs: 1 }\n';
  try {
    compile(new Source('net.dn', text));
    expect.fail('it compiles');
  } catch (error) {
    const [one] = (error as Failure).diagnostics;
    expect(one!.also).toHaveLength(1);
    const { at, note } = one!.also[0]!;
    expect(note).toBe('the loss is given here');
    expect(text.slice(at.start, at.end)).toBe('mse');
  }
});
