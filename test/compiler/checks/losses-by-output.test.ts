import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Failure } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { shown } from '../lowered.js';

const model = (head: string) => `model ${head} {
  x     = Input(4)
  price = Dense(1)
  kind  = Dense(3) <- x
}
`;
const DATA = 'data { source: csv("houses.csv") }\n';
const LOSSES = 'losses { price: huber; kind: sparse_categorical_crossentropy(from_logits: true) }';

function linesOf(rest: string, { head = 'House -> price, kind', data = DATA } = {}): string[] {
  try {
    compile(new Source('net.dn', `${model(head)}${data}${rest}`));
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics.map(shown);
  }
}

test('every output has its own loss, weight and metrics, by name', () => {
  expect(
    linesOf(
      `train { ${LOSSES}; loss_weights { kind: 0.3 }; metrics { price: [mae]; kind: [accuracy, top_k(2)] }; class_weight { kind: balanced }; epochs: 1 }`,
      { data: 'data { source: csv("houses.csv"); targets { price: sold_for; kind: 3 } }\n' },
    ),
  ).toEqual([]);
});

test('what holds for a lone output is refused for several, with the repair', () => {
  expect(
    linesOf('train { loss: huber(delta: 2); metrics: [mae]; class_weight: balanced; epochs: 1 }', {
      data: 'data { source: csv("houses.csv"); target: price }\n',
    }),
  ).toEqual([
    'not-by-output @huber(delta: 2): `loss` is for a network with one output, and House has 2: price, kind (for example `losses { price: huber(delta: 2); kind: huber(delta: 2) }`)',
    'not-by-output @[mae]: `metrics` is for a network with one output, and House has 2: price, kind (for example `metrics { price: [mae]; kind: [mae] }`)',
    'not-by-output @balanced: `class_weight` is for a network with one output, and House has 2: price, kind (for example `class_weight { price: balanced }`)',
    'not-by-output @data { source: csv("houses.csv"); target: price }: `target` is for a network with one output, and House has 2: price, kind (for example `targets { price: price; kind: price }`)',
  ]);
});

test('names are those of outputs, and no output is left out', () => {
  expect(
    linesOf('train { losses { prise: huber }; loss_weights { x: 2 }; metrics { kinds: [accuracy] }; epochs: 1 }', {
      data: 'data { source: csv("houses.csv"); targets { prize: price } }\n',
    }),
  ).toEqual([
    'unknown-output @huber: `losses` names prise, which is no output of House (did you mean `price`?)',
    'unknown-output @2: `loss_weights` names x, which is no output of House (outputs: price, kind)',
    'unknown-output @[accuracy]: `metrics` names kinds, which is no output of House (did you mean `kind`?)',
    'output-without-loss @{ prise: huber }: no loss is given for price and kind (for example `losses { price: mse; kind: mse }`)',
    'unknown-output @data { source: csv("houses.csv"); targets { prize: price } }: `targets` names prize, which is no output of House (did you mean `price`?)',
  ]);
  expect(linesOf('train { losses { price: mse }; epochs: 1 }')).toEqual([
    'output-without-loss @{ price: mse }: no loss is given for kind (for example `losses { kind: mse }`; not to be learned: a loss with the weight 0, `loss_weights { kind: 0 }`, or take it out of `model House -> …`)',
  ]);
});

test('a lone output may be named, too', () => {
  const head = 'House -> kind';
  const model = `model ${head} {\n  x = Input(4)\n  kind = Dense(3)\n}\n`;
  const lines = (train: string) => {
    try {
      compile(new Source('net.dn', `${model}${DATA}${train}`));
      return [];
    } catch (error) {
      return (error as Failure).diagnostics.map(shown);
    }
  };
  const loss = 'sparse_categorical_crossentropy(from_logits: true)';
  expect(
    lines(`train { losses { kind: ${loss} }; loss_weights { kind: 2 }; metrics { kind: [accuracy] }; epochs: 1 }`),
  ).toEqual([]);
  expect(lines(`train { losses { kind: ${loss} }; metrics { kind: [mae] }; epochs: 1 }`)).toEqual([
    'metric-target @mae: mae compares numbers, and the targets of sparse_categorical_crossentropy are class numbers',
  ]);
});

test('losses, metrics and weights of classes are held against their own output', () => {
  expect(
    linesOf(
      `train { losses { price: sparse_categorical_crossentropy; kind: mse }; metrics { price: [mae]; kind: [top_k(7)] }; class_weight { price: [1, 2, 3]; kind: balanced }; epochs: 1 }`,
    ).map((line) => line.replace(/\(.*\)/s, '')),
  ).toEqual([
    'loss-needs-probabilities @price = Dense',
    'class-weight-class @[1, 2, 3]: class_weight: the output tells 2 classes apart, and here is a list of 3 weights',
    'class-weight-loss @balanced: class_weight does not fit mean_squared_error at kind: it is no loss of classes',
    'metric-target @mae: mae compares numbers, and the targets of sparse_categorical_crossentropy are class numbers',
    'metric-arguments @top_k: top_k: `k` is 7, and the output has 3 units: every row is right',
  ]);
});

test('what is looked at is told by the name of its output', () => {
  const data = 'data { source: csv("houses.csv"); validation: 10% }\n';
  const monitored = (monitor: string) =>
    linesOf(`train { ${LOSSES}; metrics { price: [mae] }; epochs: 1; early_stopping { monitor: ${monitor} } }`, {
      data,
    });
  for (const monitor of [
    'loss',
    'val_loss',
    'objective',
    'price_loss',
    'val_kind_loss',
    'val_price_mean_absolute_error',
  ])
    expect(monitored(monitor), monitor).toEqual([]);
  for (const monitor of ['mae', 'val_kind_mae', 'prize_loss'])
    expect(monitored(monitor), monitor).toEqual([
      `unknown-monitor @{ monitor: ${monitor} }: early_stopping looks at \`${monitor}\`, which this training does not compute (it can be \`objective\`, \`loss\`, \`price_loss\`, \`kind_loss\`, \`price_mae\`, \`val_loss\`, \`val_price_loss\`, \`val_kind_loss\`, \`val_price_mae\`)`,
    ]);
  const searched = (metric: string) =>
    linesOf(`train { ${LOSSES}; epochs: 1 }\nsimplify { threshold: auto(tolerance: 1%, metric: ${metric}) }`, {
      data,
      head: 'House -> price, kind @dropneuron(1e-4)',
    }).map((line) => line.replace(/^(\S+) @.*?\}: /s, '$1: '));
  for (const metric of ['loss', 'price_loss', 'price_mse', 'kind_accuracy']) expect(searched(metric)).toEqual([]);
  expect(searched('accuracy')).toEqual([
    'unknown-monitor: auto looks at `accuracy`, which this training does not compute (it can be `loss`, `price_loss`, `kind_loss`, `price_accuracy`, `kind_accuracy`)',
  ]);
  expect(searched('kind_mae')).toEqual([
    'metric-target: mae compares numbers, and the targets of sparse_categorical_crossentropy are class numbers',
  ]);
});
