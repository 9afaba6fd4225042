import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';

/** The warnings about thresholds, with the place that they point at and the help. */
function warned(simplify: string, { model = '', hidden = '', output = '' } = {}, sets: readonly string[] = []) {
  const text = `model Net ${model} {\n  x = Input(20)\n  a = Dense(8) ${hidden}\n  y = Dense(1) ${output}\n}
data { source: sparse_regression(features: 20, samples: 300); validation: 50 }
train { loss: mse; epochs: 1 }
${simplify}
`;
  const { warnings } = compile(new Source('net.dn', text), { sets });
  return warnings.flatMap(({ code, message, at, help }) =>
    code === 'threshold-without-effect' ? [{ message, place: at?.source.text.slice(at.start, at.end), help }] : [],
  );
}

const groups = 'has nothing to cut: no method makes whole units of a layer small';

test.each([
  ['no annotation', {}],
  ['@l1', { model: '@l1(1e-3)' }],
  ['@l2 and @elastic', { hidden: '@l2(1e-3)', output: '@elastic(1e-3, 1e-3)' }],
  ['groups of outputs only, which stay', { output: '@group_lasso(0.1)' }],
  [
    'a method with groups that is taken back',
    { model: '@dropneuron(1e-3)', hidden: '@dropneuron(off)', output: '@dropneuron(off)' },
  ],
])('a number, a search and a size have nothing to cut: %s', (_, annotations) => {
  const help = '`@dropneuron`, `@group_lasso` and `@sparse_group_lasso` do, behind the name of the model or a layer';
  expect(warned('simplify { threshold: 0.6 }', annotations)).toEqual([
    {
      message: `\`threshold\` ${groups}`,
      place: 'simplify { threshold: 0.6 }',
      help: [help, '`threshold: weight(…)` cuts single weights'],
    },
  ]);
  expect(warned('simplify { threshold: auto(tolerance: 1%) }', annotations)).toEqual([
    { message: `\`threshold\` ${groups}`, place: 'simplify { threshold: auto(tolerance: 1%) }', help: [help] },
  ]);
  expect(warned('simplify { target { parameters: 50% } }', annotations)).toEqual([
    { message: `\`target\` ${groups}`, place: '{ parameters: 50% }', help: [help] },
  ]);
});

test('single weights are cut of annotated layers only', () => {
  const [one, ...others] = warned('simplify { threshold: weight(0.01) }');
  expect(others).toEqual([]);
  expect(one!.message).toBe('`threshold` has nothing to cut: no layer with weights is annotated');
  expect(one!.help[0]).toContain('`@l1(1e-4)`');
  expect(warned('simplify { threshold: weight(0.01) }', { hidden: '@l2(1e-3)' })).toEqual([]);
  expect(warned('simplify { threshold: weight(0) }')).toEqual([]);
});

test('a threshold from the command line is looked at, too', () => {
  const sets = ['simplify.threshold=0.1'];
  expect(warned('', {}, sets)).toHaveLength(1);
  expect(warned('simplify { threshold: 0 }', { model: '@l1(1e-3)' }, sets)).toHaveLength(1);
  expect(warned('simplify { threshold: 0.1 }', {}, ['simplify.threshold=0'])).toEqual([]);
});

test.each([
  ['no threshold', '', {}],
  ['0', 'simplify { threshold: 0 }', { model: '@l1(1e-3)' }],
  ['columns', 'simplify { threshold: 0.6 }', { hidden: '@dropneuron(li: 1e-3)' }],
  [
    'rows, of the layer that writes the outputs, too',
    'simplify { threshold: 0.6 }',
    { output: '@dropneuron(lo: 1e-3)' },
  ],
  [
    'a method of groups beside others',
    'simplify { threshold: 0.6 }',
    { model: '@l1(1e-3)', hidden: '@group_lasso(0.1)' },
  ],
])('there is something to cut: %s', (_, simplify, annotations) => {
  expect(warned(simplify, annotations)).toEqual([]);
});

test.each([
  ['@l0(1e-3)', 'a larger `lambda`, more epochs'],
  ['@information_bottleneck(1e-3, warm_up: 0)', 'a larger `lambda`, more epochs'],
  ['@variational(1e-3, warm_up: 0)', 'a larger `lambda`, more epochs'],
  ['@magnitude(0.5, of: unit)', 'a larger `rate`'],
  ['@magnitude(0.5)', 'whole units, by `of: unit`'],
  ['@targeted_dropout(0.5, 0.5, of: whole_unit)', 'a larger `target_rate`'],
  ['@net_trim(0.1)', 'a larger `epsilon`'],
])('no threshold cuts what %s leaves, and the help says what takes more', (hidden, more) => {
  const [word] = /^@\w+/.exec(hidden)!;
  for (const [what, simplify] of [
    ['threshold', 'simplify { threshold: 0.6 }'],
    ['threshold', 'simplify { threshold: auto(tolerance: 1%) }'],
    ['target', 'simplify { target { parameters: 80% } }'],
  ] as const) {
    const [one, ...others] = warned(simplify, { hidden });
    expect(others).toEqual([]);
    expect(one!.message).toBe(`\`${what}\` ${groups}`);
    expect(one!.help[0]).toBe(
      `${word} takes away by itself, whatever the threshold; more goes with ${more}; \`${what}\` can be left out`,
    );
  }
});
