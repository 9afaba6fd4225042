import { expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.js';
import { betterOf, metricOf, quantityOf } from '../../src/compiler/monitored.js';
import { Source } from '../../src/diagnostics/source.js';
import { supervise, unsupervised } from '../../src/runtime/training/supervision.js';

test('a monitor is a quantity of the training or the validation rows, a metric by any of its spellings', () => {
  expect(quantityOf('loss')).toEqual({ name: 'loss', onValidation: false });
  expect(quantityOf('val_loss')).toEqual({ name: 'loss', onValidation: true });
  expect(quantityOf('objective')).toEqual({ name: 'objective', onValidation: false });
  expect(quantityOf('val_f1_score')).toEqual({ name: 'f1', onValidation: true });
  expect(quantityOf('nothing')).toEqual({ name: 'nothing', onValidation: false });
});

test('of several outputs it has the name of one before it', () => {
  expect(quantityOf('val_price_mean_absolute_error')).toEqual({ name: 'price_mae', onValidation: true });
  expect(quantityOf('price_loss')).toEqual({ name: 'price_loss', onValidation: false });
  expect(metricOf('price_loss')).toEqual({ name: 'price_loss', output: 'price', word: 'loss' });
  expect(metricOf('front_door_top_k_categorical_accuracy')).toEqual({
    name: 'front_door_top_k',
    output: 'front_door',
    word: 'top_k',
  });
  expect(metricOf('mse')).toEqual({ name: 'mse', word: 'mse' });
  expect([metricOf('objective'), metricOf('_mae'), metricOf('pricemae')]).toEqual([undefined, undefined, undefined]);
  expect(['loss', 'objective', 'price_loss', 'price_mae', 'auc', 'kind_accuracy'].map(betterOf)).toEqual([
    ...['lower', 'lower', 'lower', 'lower'],
    ...['higher', 'higher'],
  ]);
});

test.each([
  ['mae', 'val_mean_absolute_error'],
  ['mean_absolute_error', 'val_mae'],
])('%s is looked at as %s', (metric, monitor) => {
  const text = `model Net {
  x = Input(4)
  y = Dense(1)
}
data { source: sparse_regression(features: 4, samples: 90); validation: 10 }
train { loss: mse; epochs: 1; metrics: [${metric}]; early_stopping { monitor: ${monitor} } }
`;
  const [phase] = compile(new Source('net.dn', text)).spec.train.phases;
  const row = { loss: 1, metrics: { mae: 1 }, validation: { loss: 1, metrics: { mae: 0.5 } } };
  const { after, isBest } = supervise(phase!, unsupervised, row as never, 0);
  expect(isBest).toBe(true);
  expect(after.stopping?.best).toBe(0.5);
});
