import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { qualityWarning } from '../../../src/runtime/simplify/loss-of-quality.js';
import type { Score } from '../../../src/runtime/training/evaluate-rows.js';

const text = (simplify: string, { metrics = '[accuracy]', method = '@dropneuron(0.1)' } = {}) => `model Net {
  digits   = Input(28, 28, 1)
  pixels   = Flatten
  hidden   = Dense(8, activation: relu) ${method}
  classes  = Dense(10)
}
data { source: drawn_digits(train: 100, test: 20); validation: 20 }
train { loss: sparse_categorical_crossentropy(from_logits: true); metrics: ${metrics}; epochs: 1 }
simplify { ${simplify} }
`;

const score = (loss: number, metrics: Record<string, number> = {}, error?: number): Score => ({
  rows: 2000,
  loss,
  metrics,
  standardErrors: error === undefined ? {} : Object.fromEntries(Object.keys(metrics).map((name) => [name, error])),
  score: 0,
});

type Scores = Parameters<typeof qualityWarning>[0]['scores'];

function warned(
  simplify: string,
  scores: Scores,
  { finetuned = false, ...options }: { finetuned?: boolean; metrics?: string; method?: string } = {},
) {
  const { spec, network } = compile(new Source('net.dn', text(simplify, options)));
  return qualityWarning({ spec, network, scores, finetuned, from: 'runs/net/latest' });
}

const accuracy = (before: number, after: number, error?: number): Scores => ({
  validation: {
    trained: score(0.1, { accuracy: before }, error),
    simplified: score(0.2, { accuracy: after }, error),
  },
});

test('what was and what is are told, on the rows that a search looks at, with what to do', () => {
  expect(warned('target { parameters: 5% }', accuracy(0.9665, 0.31, 0.004))).toMatchObject([
    {
      code: 'much-worse',
      severity: 'warning',
      message:
        'the simplified network is much worse than the trained one: on 2,000 validation rows accuracy was 0.9665 and is 0.31',
      help: [
        'say what the size may cost: `target { parameters: 5%; tolerance: 1% }` stops before more is lost',
        'or aim at more than 5 % of the parameters',
        'train what is left once more: `simplify { finetune { epochs: 5 } }`',
        "the trained network is kept: dnc simplify runs/net/latest --set 'simplify.target={ parameters: 5%; tolerance: 1% }' --out FOLDER cuts it anew",
      ],
    },
  ]);
});

test('the command that it names is one that works, whether the spec writes the target or not', () => {
  const bad = accuracy(0.9665, 0.31);
  const given = ['simplify.target={ parameters: 7%; multiply_adds: 30% }'];
  for (const simplify of ['threshold: 0', 'target { parameters: 5% }']) {
    const source = new Source('net.dn', text(simplify));
    const { spec, network } = compile(source, { sets: given });
    const [told] = qualityWarning({ spec, network, scores: bad, finetuned: false, from: 'runs/net/latest' });
    const [, advised] = /--set '(.*)' --out/.exec(told!.help.join('\n'))!;
    const { target } = compile(source, { sets: [advised!] }).spec.simplify;
    expect(target).toMatchObject({ shares: { parameters: 0.07, multiply_adds: 0.3 }, tolerance: 0.01 });
  }
});

describe('what is much', () => {
  test.each([
    ['two points', 'target { parameters: 5% }', accuracy(0.95, 0.93), 0],
    ['more than two points', 'target { parameters: 5% }', accuracy(0.95, 0.929), 1],
    ['within chance', 'target { parameters: 5% }', accuracy(0.95, 0.929, 0.02), 0],
    ['a gain', 'target { parameters: 5% }', accuracy(0.95, 0.99), 0],
    ['within the tolerance of the target', 'target { parameters: 5%; tolerance: 5% }', accuracy(0.95, 0.91), 0],
    ['beyond it', 'target { parameters: 5%; tolerance: 5% }', accuracy(0.95, 0.89), 1],
    ['within that of the search', 'threshold: auto(tolerance: 5%)', accuracy(0.95, 0.91), 0],
    // The tolerance speaks of the loss.
    ['of another metric', 'threshold: auto(tolerance: 200%, metric: loss)', accuracy(0.95, 0.5), 0],
    ['a number', 'threshold: 0.5', accuracy(0.95, 0.5), 1],
    ['no number any more', 'threshold: 0.5', accuracy(0.95, Number.NaN), 1],
    ['a tenth of a loss', 'threshold: 0.5', { validation: { trained: score(1), simplified: score(1.1) } }, 0],
    ['more of it', 'threshold: 0.5', { validation: { trained: score(1), simplified: score(1.11) } }, 1],
    ['a loss below zero', 'threshold: 0.5', { validation: { trained: score(-2), simplified: score(-1.7) } }, 1],
    ['and as much of it', 'threshold: 0.5', { validation: { trained: score(-2), simplified: score(-1.9) } }, 0],
    ['no rows to judge by', 'threshold: 0.5', {}, 0],
  ] as const)('%s', (_, simplify, scores, count) => {
    expect(warned(simplify, scores)).toHaveLength(count);
  });

  test('the metric that the search names is looked at, and the loss of one output', () => {
    const named = { validation: { trained: score(1, { auc: 0.9 }), simplified: score(1.3, { auc: 0.9 }) } };
    expect(warned('target { parameters: 5%; metric: loss; tolerance: 1% }', named)).toMatchObject([
      { message: expect.stringMatching(/validation rows loss was 1 and is 1\.3$/) },
    ]);
    expect(warned('target { parameters: 5%; tolerance: 1% }', named)).toEqual([]);
  });
});

test('test rows are looked at where there are no others, and are said to be', () => {
  const [only] = warned('threshold: 0.5', { test: accuracy(0.95, 0.5).validation! });
  expect(only!.message).toMatch(/on 2,000 test rows accuracy was 0\.95 and is 0\.5$/);
  expect(only!.help).toContain('hold out rows to judge by: `validation: 10%` in the data section');
  expect(warned('threshold: 0.5', { ...accuracy(0.95, 0.95), test: accuracy(0.95, 0.5).validation! })).toEqual([]);
});

test('a share is written as people type it', () => {
  const [only] = warned('target { parameters: 7% }', accuracy(0.95, 0.5));
  expect(only!.help[0]).toMatch(/`target \{ parameters: 7%; tolerance: 1% \}`/);
});

describe('what to do follows from what was cut', () => {
  test.each([
    ['threshold: 0.5', {}, /^let the threshold be searched for: .*, or take a lower one than 0\.5$/],
    ['threshold: 0.5', {}, /dnc simplify runs\/net\/latest --threshold 'auto\(tolerance: 1%\)' --out FOLDER/],
    ['threshold: weight(0.5)', {}, /^take a lower bound than weight\(0\.5\)$/],
    ['threshold: 0', { method: '@magnitude(0.9)' }, /^@magnitude cuts after training, whatever it costs$/],
    ['threshold: 0.5; finetune { epochs: 1 }', { finetuned: true }, /^fine-tune for longer than 1 epoch, or /],
    ['threshold: 0.5; finetune { steps: 2000 }', { finetuned: true }, /^fine-tune for longer than 2,000 steps, or /],
    ['threshold: 0.5; finetune { epochs: 3 }', {}, /^`dnc train` would fine-tune what is left; /],
  ] as const)('%s %o', (simplify, options, line) => {
    const [only] = warned(simplify, accuracy(0.95, 0.5), options);
    expect(only!.help.filter((one) => line.test(one))).toHaveLength(1);
    if ('finetuned' in options) expect(only!.message).toMatch(/ and is 0\.5 after fine-tuning$/);
  });
});
