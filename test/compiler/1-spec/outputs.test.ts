import { describe, expect, it } from 'vitest';
import { printResolved } from '../../../src/compiler/1-spec/print.js';
import { objectivesOf } from '../../../src/compiler/objectives.js';
import { lower, marks } from './harness.js';

const model = 'model Net -> a, b {\nx = Input(4)\na = Dense(3)\nb = Dense(1) <- x\n}\n';
const data = 'data { source: csv("t.csv"); targets { a: kind; b: 7 } }\n';
const phasesOf = (train: string, simplify = '') => {
  const { spec, lines } = lower(`${model}${data}train { ${train} }\n${simplify}`);
  expect(lines).toEqual([]);
  return { spec: spec!, phases: spec!.train.phases };
};
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe('losses, weights, metrics and targets by output', () => {
  it('are read and printed as they are', () => {
    const { spec } = phasesOf(
      'losses { a: hinge; b: huber(delta: 2) }; loss_weights { b: 0.25 }; metrics { a: [accuracy, top_k(2)]; b: [] }; class_weight { a: { "1": 3 } }; epochs: 2',
    );
    expect(spec.data.targets).toEqual({ a: 'kind', b: 'column_7' });
    const printed = printResolved(spec);
    expect(lower(printed).lines).toEqual([]);
    expect(printResolved(lower(printed).spec!)).toBe(printed);
    expect(printed).toContain('losses {\n    a: hinge\n    b: huber(delta: 2)\n  }');
    expect(printed).toContain('loss_weights: { b: 0.25 }');
    expect(printed).toContain('class_weight: { a: { "1": 3 } }');
    const [a, b] = objectivesOf(spec.train.phases[0]!, ['a', 'b']);
    expect(plain(a)).toMatchObject({ loss: { word: 'hinge' }, weight: 1, class_weight: { 1: 3 } });
    expect(a!.metrics.map(({ word }) => word)).toEqual(['accuracy', 'top_k']);
    expect(plain(b)).toMatchObject({ loss: { word: 'huber' }, weight: 0.25, metrics: [] });
    expect(b!.class_weight).toBeUndefined();
  });

  it('a phase changes those that it names, and takes the others from the section', () => {
    const { spec, phases } = phasesOf(
      `losses { a: hinge; b: mse }; loss_weights { a: 2; b: 3 }; metrics { a: [accuracy]; b: [mse] }
       phases { first { epochs: 1 }; second { epochs: 1; losses { b: huber }; loss_weights { a: 0 }; metrics { b: [mae] } } }`,
      'simplify { finetune { epochs: 1; loss_weights { b: 1 } } }',
    );
    const told = (phase: (typeof phases)[number]) =>
      objectivesOf(phase, ['a', 'b']).map(({ loss, weight, metrics }) => [loss.word, weight, metrics[0]!.word]);
    expect(told(phases[0]!)).toEqual([
      ['hinge', 2, 'accuracy'],
      ['mean_squared_error', 3, 'mse'],
    ]);
    expect(told(phases[1]!)).toEqual([
      ['hinge', 0, 'accuracy'],
      ['huber', 3, 'mae'],
    ]);
    expect(told(spec.simplify.finetune!)).toEqual([
      ['hinge', 2, 'accuracy'],
      ['mean_squared_error', 1, 'mse'],
    ]);
  });

  it('a loss of its own takes the place of losses by output, and the other way round', () => {
    const phases = 'phases { x { epochs: 1; loss: mse }; y { epochs: 1; losses { a: mae; b: mae } } }';
    const { phases: found } = phasesOf(`losses { a: hinge; b: mse }; ${phases}`);
    expect([found[0]!.loss?.word, found[0]!.losses]).toEqual(['mean_squared_error', undefined]);
    expect([found[1]!.loss, Object.keys(found[1]!.losses!)]).toEqual([undefined, ['a', 'b']]);
    const { phases: other } = phasesOf(`loss: hinge; ${phases}`);
    expect(other[1]!.loss).toBeUndefined();
  });

  it('two ways to say the same are one too many', () => {
    expect(marks(lower(`${model}${data}train { loss: mse; losses { a: mse; b: mse }; epochs: 1 }`))).toEqual([
      'two-ways { a: mse; b: mse }',
    ]);
    const both = 'data { source: mnist; target: label; targets { a: label } }\n';
    expect(marks(lower(`${model}${both}train { loss: mse; epochs: 1 }`))).toEqual(['two-ways { a: label }']);
    expect(marks(lower(`${model}${data}train { epochs: 1 }`))).toEqual(['missing-key train']);
  });

  it('refuses what is none', () => {
    for (const wrong of [
      'losses: mse',
      'losses { }',
      'loss_weights { a: -1 }',
      'loss_weights { a: high }',
      'metrics { a: accuracy }',
      'class_weight { a: balance }',
      'class_weight { a: { b: { "1": 2 } } }',
      'class_weight { a: balanced; b: 3 }',
    ])
      expect(lower(`${model}${data}train { loss: mse; epochs: 1; ${wrong} }`).lines.length, wrong).toBeGreaterThan(0);
  });
});

describe('off', () => {
  const SECTION =
    'losses { a: hinge; b: mse }; early_stopping { monitor: loss }; class_weight { a: balanced }; clip_norm: 1; ema_momentum: 0.9';

  it('takes back what the section says, in a phase, the fine-tuning and on the command line', () => {
    const off = 'early_stopping: off; class_weight: off; clip_norm: off; ema_momentum: off';
    const { spec, phases } = phasesOf(
      `${SECTION}; phases { on { epochs: 1 }; none { epochs: 1; ${off} } }`,
      `simplify { finetune { epochs: 1; ${off} } }`,
    );
    const keys = ['early_stopping', 'class_weight', 'clip_norm', 'ema_momentum'] as const;
    expect(keys.map((key) => phases[0]![key] !== undefined)).toEqual([true, true, true, true]);
    for (const stretch of [phases[1]!, spec.simplify.finetune!])
      expect(keys.filter((key) => key in stretch)).toEqual([]);
    const set = lower(`${model}${data}train { ${SECTION}; epochs: 1 }`, [
      'train.early_stopping=off',
      'train.clip_norm=off',
    ]);
    expect(set.lines).toEqual([]);
    expect(set.spec!.train.phases[0]!.early_stopping).toBeUndefined();
    const part = lower(`${model}${data}train { ${SECTION}; epochs: 1 }`, ['train.early_stopping.patience=7']);
    expect(part.lines).toEqual([]);
    expect(part.spec!.train.phases[0]!.early_stopping).toMatchObject({ monitor: 'loss', patience: 7 });
  });

  it('of one output leaves the others; of a clipping leaves another kind', () => {
    const { phases } = phasesOf(
      `${SECTION.replace('{ a: balanced }', '{ a: balanced; b: [1, 2] }')}; phases { p { epochs: 1; class_weight { a: off } }; q { epochs: 1; clip_value: off } }`,
    );
    expect(plain(phases[0]!.class_weight)).toEqual({ b: [1, 2] });
    expect([phases[1]!.clip_norm, phases[1]!.clip_value]).toEqual([1, undefined]);
  });

  it('stands beside numbers whose range is told', () => {
    const lines = (key: string) => lower(`${model}${data}train { loss: mse; epochs: 1; ${key} }`).lines;
    expect(lines('clip_norm: -1')).toEqual(['out-of-range @-1: `clip_norm` of `train` must be > 0, and this is -1']);
    expect(lines('ema_momentum: 2')).toEqual([
      'out-of-range @2: `ema_momentum` of `train` must be > 0 and < 1, and this is 2',
    ]);
    expect(lines('metrics: accuracy')).toEqual([
      'wrong-type @accuracy: `metrics` of `train` takes a list of metrics or keys in braces (`{ key: value }`), and this is the word `accuracy` [put it in brackets: `[accuracy]`]',
    ]);
    const called = lower(`${model}data { source: mnist; augment: shift(2) }\ntrain { loss: mse; epochs: 1 }`).lines;
    expect(called).toEqual([
      'wrong-type @shift(2): `augment` of `data` takes a list of augmentations or keys in braces (`{ key: value }`) or `off`, and this is a call of `shift` [put it in brackets: `[shift(2)]`]',
    ]);
  });

  it('is no other word', () => {
    for (const wrong of ['early_stopping: none', 'class_weight: no', 'clip_norm: false', 'ema_momentum: of'])
      expect(lower(`${model}${data}train { loss: mse; epochs: 1; ${wrong} }`).lines.length, wrong).toBe(1);
  });
});
