// What scripts/new.mjs writes: for each kind a small part that works, with its test. `edits` change other files, by their text.

const TEST = "import { expect, test } from 'vitest';\n";
const EVALUATE = (up) => `import { Builder } from '${up}/src/program/builder.js';
import { evaluate } from '${up}/src/program/evaluate.js';
import type { Tensor64 } from '${up}/src/program/program.js';

const floats = (shape: readonly number[], data: readonly number[]): Tensor64 => ({
  dtype: 'float',
  shape,
  data: Float64Array.from(data),
});
`;

export const templates = {
  layer: ({ kebab, camel, pascal }) => ({
    file: `import { Type } from '../ir/kind.js';
import { defineLayer } from './layer.js';

export const ${camel} = defineLayer({
  keyword: '${pascal}',
  summary: 'factor · x.',
  inputs: [1, 1],
  schema: Type.Object({
    factor: Type.Number({ description: 'What every element is multiplied by.' }),
  }),
  shape: (_, { inputs: [x = []] }) => [x],
  forward: (b, { arguments: { factor }, inputs: [x] }) => [b.multiply(x!, factor)],
  unitwise: (_, [x = []]) => x,
  spelling: {},
});
`,
    edits: {
      'test/layers/cases/core.ts': (text) =>
        text.replace(
          /\n} satisfies [^\n]*\n$/,
          `
  ${pascal}: {
    defaults: ['${pascal}(2)', { factor: 2 }],
    cases: [{ call: '${pascal}(2)', inputs: [[3, 4]], output: [3, 4], apart: { in: [0, 1] }, tfjs: 'refused' }],
  },
} satisfies Readonly<Record<string, LayerEntry>>;
`,
        ),
    },
    test: `${TEST}${EVALUATE('../..')}import { ${camel} } from '../../src/layers/${kebab}.js';

test('multiplies by its factor', () => {
  const b = new Builder();
  const [value] = ${camel}.forward(b, {
    name: 'it',
    arguments: { factor: 2 },
    mode: 'inference',
    inputs: [b.batch('x', 'float', ['batch', 2])],
    params: {},
    inputShapes: [],
    outputShapes: [],
    axesOf: () => expect.fail('it has no parameters'),
    update: () => expect.fail('it keeps no state'),
    random: () => expect.fail('it draws nothing'),
  });
  b.result('y', value!);
  const { y } = evaluate(b.build('test'), { x: floats([1, 2], [1, -3]) }).results;
  expect([...y!.data]).toEqual([2, -6]);
});
`,
  }),

  activation: ({ kebab, camel, snake }) => ({
    file: `import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const ${camel} = defineActivation({
  keyword: '${snake}',
  summary: 'x · sigmoid(slope · x).',
  schema: Type.Object({
    slope: Type.Number({ default: 1, description: 'How steep it is at 0.' }),
  }),
  unitwise: true,
  forward: (b, x, { slope }) => b.multiply(x, b.sigmoid(b.multiply(x, slope))),
  spelling: {},
});
`,
    test: `${TEST}${EVALUATE('../..')}import { ${camel} } from '../../src/activations/${kebab}.js';

test('values', () => {
  const b = new Builder();
  b.result('y', ${camel}.forward(b, b.batch('x', 'float', ['batch', 2]), { slope: 1 }));
  const { y } = evaluate(b.build('test'), { x: floats([1, 2], [0, 1]) }).results;
  expect(y!.data[0]).toBe(0);
  expect(y!.data[1]).toBeCloseTo(1 / (1 + Math.exp(-1)), 14);
});
`,
  }),

  loss: ({ kebab, camel, snake }) => ({
    file: `import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowMean } from './rows.js';

export const ${camel} = defineLoss({
  keyword: '${snake}',
  summary: 'Mean over the outputs of the absolute difference.',
  schema: Type.Object({}),
  target: 'values',
  rows: (b, { target, prediction }) => rowMean(b, b.abs(b.subtract(prediction, target))),
});
`,
    test: `${TEST}${EVALUATE('../..')}import { ${camel} } from '../../src/losses/${kebab}.js';

test('the loss of every row', () => {
  const b = new Builder();
  const [target, prediction] = [b.batch('t', 'float', ['batch', 2]), b.batch('p', 'float', ['batch', 2])];
  b.result('rows', ${camel}.rows(b, { arguments: {}, target, prediction }));
  const { rows } = evaluate(b.build('test'), { t: floats([2, 2], [0, 0, 1, 1]), p: floats([2, 2], [1, -3, 1, 2]) }).results;
  expect([...rows!.data]).toEqual([2, 0.5]);
});
`,
  }),

  metric: ({ kebab, camel, snake }) => ({
    file: `import { Type } from '../ir/kind.js';
import { rowMean } from '../losses/rows.js';
import { defineMetric } from './metric.js';

export const ${camel} = defineMetric({
  keyword: '${snake}',
  summary: 'Mean absolute error over rows and outputs.',
  schema: Type.Object({}),
  better: 'lower',
  unitRange: false,
  target: 'values',
  sums: (b, { target, prediction }) => ({ error: b.sum(rowMean(b, b.abs(b.subtract(prediction, target)))) }),
  finish: ({ error }, rows) => error! / rows,
});
`,
    test: `${TEST}${EVALUATE('../..')}import { ${camel} } from '../../src/metrics/${kebab}.js';

test('the metric from the sums of its rows', () => {
  const b = new Builder();
  const [target, prediction] = [b.batch('t', 'float', ['batch', 1]), b.batch('p', 'float', ['batch', 1])];
  const sums = ${camel}.sums(b, { arguments: {}, target, prediction, form: 'values' });
  for (const [name, value] of Object.entries(sums)) b.result(name, value);
  const { results } = evaluate(b.build('test'), { t: floats([2, 1], [0, 1]), p: floats([2, 1], [2, 2]) });
  const totals = Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data[0]!]));
  expect(${camel}.finish(totals, 2, {}, {})).toBe(1.5);
});
`,
  }),

  optimizer: ({ kebab, camel, snake }) => ({
    file: `import { Type } from '../ir/kind.js';
import { learningRate } from './arguments.js';
import { defineOptimizer } from './optimizer.js';

export const ${camel} = defineOptimizer({
  keyword: '${snake}',
  summary: 'Steps of one size, in the direction that the sign of each gradient tells.',
  schema: Type.Object({
    learning_rate: learningRate(),
  }),
  slots: () => [],
  update: (b, { parameter, gradient, learningRate }) => ({
    parameter: b.subtract(parameter, b.multiply(b.sign(gradient), learningRate)),
    slots: {},
  }),
});
`,
    test: `${TEST}${EVALUATE('../..')}import { ${camel} } from '../../src/optimizers/${kebab}.js';

test('one step', () => {
  const b = new Builder();
  const { parameter } = ${camel}.update(b, {
    arguments: {},
    parameter: b.state('w', [2]),
    gradient: b.batch('g', 'float', [2]),
    learningRate: b.scalar('rate'),
    slots: {},
    scalars: {},
  });
  b.next('w', parameter);
  const { state } = evaluate(b.build('test'), { w: floats([2], [1, 1]), g: floats([2], [3, -0.5]), rate: floats([], [0.25]) });
  expect([...state.w!.data]).toEqual([0.75, 1.25]);
});
`,
  }),

  schedule: ({ kebab, camel, snake }) => ({
    file: `import { Type } from '../ir/kind.js';
import { defineSchedule } from './schedule.js';

export const ${camel} = defineSchedule({
  keyword: '${snake}',
  summary: 'Falls in a straight line from its first value to 0, over the whole phase.',
  schema: Type.Object({
    initial_learning_rate: Type.Number({ minimum: 0, description: 'Value at the first step.' }),
  }),
  value: ({ initial_learning_rate }, { step, steps }) => initial_learning_rate * (1 - Math.min(step, steps) / Math.max(steps, 1)),
});
`,
    test: `${TEST}import { ${camel} } from '../../src/schedules/${kebab}.js';

test('first, middle and last value', () => {
  const inner = () => expect.fail('no schedule inside');
  const at = (step: number) => ${camel}.value({ initial_learning_rate: 0.5 }, { step, steps: 10, stepsPerEpoch: 5 }, inner);
  expect([at(0), at(5), at(10)]).toEqual([0.5, 0.25, 0]);
});
`,
  }),

  initializer: ({ kebab, camel, snake }) => ({
    file: `import { Type } from '../ir/kind.js';
import { defineInitializer } from './initializer.js';

export const ${camel} = defineInitializer({
  keyword: '${snake}',
  summary: 'Drawn uniformly between 0 and a largest value.',
  schema: Type.Object({
    largest: Type.Number({ default: 0.05, minimum: 0, description: 'Upper bound.' }),
  }),
  value: ({ largest }, { counter, draws }) => largest * draws.uniform(counter),
});
`,
    test: `${TEST}import { ${camel} } from '../../src/initializers/${kebab}.js';

test('scales what is drawn at the counter of the element', () => {
  const draws = { normal: () => expect.fail('no normals'), uniform: (counter: number) => counter / 8 };
  expect(${camel}.value?.({ largest: 2 }, { counter: 4, shape: [3, 3], fanIn: 3, fanOut: 3, draws })).toBe(1);
});
`,
  }),

  annotation: ({ kebab, camel, snake }) => ({
    file: `import { Type } from '../ir/kind.js';
import { phases } from './during.js';
import { defineMethod } from './method.js';

export const ${camel} = defineMethod({
  keyword: '${snake}',
  summary: 'Adds lambda · Σw⁴ to the objective: large weights become smaller.',
  cite: 'the paper and its equation',
  schema: Type.Object({
    lambda: Type.Number({ minimum: 0, description: 'Coefficient of the penalty in the objective.' }),
    during: phases,
  }),
  penalty: (b, { arguments: { lambda }, kernel }) => b.multiply(b.sum(b.square(b.square(kernel))), lambda),
  spelling: {},
});
`,
    test: `${TEST}${EVALUATE('../..')}import { ${camel} } from '../../src/sparsity/${kebab}.js';

test('the penalty of a kernel', () => {
  const b = new Builder();
  const kernel = b.state('w', [2, 2]);
  const penalty = ${camel}.penalty!(b, {
    arguments: { lambda: 0.5 },
    site: { layer: 'it', tensor: 'kernel', kernelShape: [2, 2], incoming: [0], outgoing: [1] },
    kernel,
    bias: undefined,
    tensors: {},
    learningRate: b.scalar('rate'),
    diagonal: undefined,
  });
  b.result('penalty', penalty);
  const { results } = evaluate(b.build('test'), { w: floats([2, 2], [1, -2, 0, 1]), rate: floats([], [0.1]) });
  expect(results.penalty!.data[0]).toBe(9);
});
`,
    next: [
      `test/runtime/run/methods.test.ts: name @${snake}, which is then held to what all methods promise`,
      `test/runtime/engines/update-pass/updates.test.ts: hold the WebAssembly update of @${snake} to the evaluator`,
      'docs/methods.md: the formula, its source, and in which phases it makes sense',
    ],
  }),

  source: ({ kebab, camel, snake }) => ({
    file: `import { Type } from '../../ir/kind.js';
import { Stream } from '../../random/streams.js';
import { defineSource, type Table } from '../source.js';

export const ${camel} = defineSource({
  keyword: '${snake}',
  summary: 'Generated: a number between 0 and 1, and its square. The fields \`x\` and \`target\`.',
  schema: Type.Object({
    rows: Type.Integer({ default: 1000, minimum: 1, maximum: 1_000_000, description: 'Training rows, and as many test rows.' }),
    seed: Type.Integer({ default: 0, minimum: 0, maximum: 0xffffffff, description: 'Seed of the rows.' }),
  }),
  describe: () => ({
    fields: [
      { name: 'x', shape: [1], form: 'values' },
      { name: 'target', shape: [1], form: 'values' },
    ],
    target: 'target',
  }),
  read: async ({ rows, seed }) => {
    const draw = (part: string): Table => {
      const stream = Stream.named(\`${snake}.\${part}\`, { seed });
      const x = Float32Array.from({ length: rows }, (_, row) => stream.uniform(row));
      return {
        rows,
        fields: [
          { name: 'x', shape: [1], form: 'values', data: x },
          { name: 'target', shape: [1], form: 'values', data: x.map((one) => one * one) },
        ],
        target: 'target',
        files: [],
      };
    };
    return { train: draw('train'), test: draw('test') };
  },
});
`,
    test: `${TEST}import { ${camel} } from '../../../src/data/sources/${kebab}.js';
import { numbersIn } from '../numbers.js';

const place = { dataFolder: undefined, specFolder: '.' };

test('rows are those of the seed, and what the source says beforehand', async () => {
  const { train, test: held } = await ${camel}.read({ rows: 5, seed: 3 }, place);
  const again = await ${camel}.read({ rows: 5, seed: 3 }, place);
  expect(again.train).toEqual(train);
  expect(held!.fields[0]!.data).not.toEqual(train.fields[0]!.data);
  const described = ${camel}.describe!({ rows: 5, seed: 3 });
  expect(train.fields.map(({ data: _, ...field }) => field)).toEqual(described!.fields);
  const [x, y] = train.fields.map(numbersIn);
  expect(y![2]).toBe(Math.fround(x![2]! ** 2));
});
`,
  }),

  augmentation: ({ kebab, camel, snake }) => ({
    file: `import { Type } from '../../ir/kind.js';
import { defineAugmentation } from './augmentation.js';

export const ${camel} = defineAugmentation({
  keyword: '${snake}',
  summary: 'Makes the picture wider or narrower about its middle, by a share drawn evenly to both sides (bilinear).',
  schema: Type.Object({
    share: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, examples: [0.1], description: 'How much at most.' }),
  }),
  draws: 1,
  movement: ({ share }, { width }, draw) => {
    const scale = 1 + share * (2 * draw(0) - 1);
    const middle = (width - 1) / 2;
    return { y: [1, 0, 0], x: [0, scale, middle - scale * middle], outside: 'edge' };
  },
});
`,
    test: `${TEST}import { ${camel} } from '../../../src/data/augmentations/${kebab}.js';

test('the middle stays where it is', () => {
  const movement = ${camel}.movement({ share: 0.2 } as never, { height: 3, width: 5 }, () => 0.75);
  expect(movement!.y).toEqual([1, 0, 0]);
  const [, scale, from] = movement!.x;
  expect(scale).toBeCloseTo(1.1, 12);
  expect(scale * 2 + from).toBeCloseTo(2, 12);
});
`,
  }),

  command: ({ kebab, camel }) => ({
    file: `import type { Command } from './command.js';
import { readSpec, specFile } from './spec-file.js';

export const ${camel}: Command = {
  name: '${kebab}',
  summary: "Prints the name of a spec's model.",
  parameters: '[spec]',
  options: [],
  examples: ['dnc ${kebab} net.dn'],
  run: async ({ parameters: [given], io }) => {
    const { compile } = await import('../compiler/compile.js');
    const { spec } = compile(readSpec(specFile(given)));
    io.out(\`\${spec.model.name.text}\\n\`);
    return 0;
  },
};
`,
    test: `${TEST}import path from 'node:path';
import { ${camel} } from '../../src/commands/${kebab}.js';

test('prints the name of the model', async () => {
  let out = '';
  const io = { out: (text: string) => void (out += text), note: () => {}, status: () => {}, terminal: false, colour: false, outColour: false };
  const spec = path.resolve(import.meta.dirname, '../../specs/quickstart.dn');
  expect(await ${camel}.run({ parameters: [spec], options: {}, io })).toBe(0);
  expect(out).toBe('Quickstart\\n');
});
`,
    next: ['README.md lists the commands'],
  }),

  check: ({ kebab, camel }) => ({
    file: `import type { Check } from './check.js';

/** Names that no table has room for. */
export const ${camel}: Check = ({ network }, reports) => {
  for (const node of network.graph.nodes)
    if (node.name.length > 40) reports.report('${kebab}', { layer: node.name }, { at: node.span });
};
`,
    edits: {
      'src/diagnostics/catalogue/shape.ts': (text) => {
        if (text.includes(`'${kebab}': code`)) throw new Error(`the code ${kebab} is there already`);
        return text.replace(
          /\n};\n$/,
          `
  '${kebab}': code<{ layer: string }>({
    severity: 'warning',
    message: ({ layer }) => \`the name \${layer} is longer than 40 letters\`,
    explain: 'A shorter name keeps tables readable.',
  }),
};
`,
        );
      },
    },
    test: `${TEST}import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';

function codesOf(name: string): string[] {
  const text = \`model Net {\\n  x = Input(3)\\n  \${name} = Dense(1)\\n}\\ndata { source: sparse_regression(features: 3) }\\ntrain { loss: mse; epochs: 1 }\\n\`;
  return compile(new Source('net.dn', text)).warnings.map((one) => one.code);
}

test('warns where it must, and nowhere else', () => {
  expect(codesOf('y'.repeat(41))).toEqual(['${kebab}']);
  expect(codesOf('y')).toEqual([]);
});
`,
  }),

  pass: ({ kebab, camel }) => ({
    file: `import { type Pass, rewrite } from './pass.js';

/** −(−x) is x, to the last bit. */
export const ${camel}: Pass = {
  keyword: '${kebab}',
  summary: 'What is negated twice is left as it is.',
  run: (program) =>
    rewrite(program, ({ op, inputs }, r) => {
      const inner = op === 'negate' ? r.producer(inputs[0]!) : undefined;
      return inner?.op === 'negate' ? inner.inputs : undefined;
    }),
};
`,
    test: `${TEST}import { Builder } from '../../../src/program/builder.js';
import { dead } from '../../../src/program/passes/dead.js';
import { ${camel} } from '../../../src/program/passes/${kebab}.js';

test('rewrites what it is for, and nothing else', () => {
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch']);
  b.result('y', b.exp(b.negate(b.negate(x))));
  const program = ${camel}.run(b.build('test'));
  expect(dead.run(program).instructions.map((one) => one.op)).toEqual(['exp']);
  expect(${camel}.run(program)).toBe(program);
});
`,
  }),

  op: ({ snake, camel }) => ({
    file: `import { unary } from '../families.js';

export const ${camel} = unary({
  keyword: '${snake}',
  summary: 'x³.',
  f: (x) => x * x * x,
  gradient: (b, g, x) => b.multiply(g, b.multiply(b.square(x), 3)),
});
`,
    test: `${TEST}${EVALUATE('../../..')}
test('values', () => {
  const b = new Builder();
  b.result('y', b.apply('${snake}', [b.batch('x', 'float', [2])]));
  const { y } = evaluate(b.build('test'), { x: floats([2], [2, -1]) }).results;
  expect([...y!.data]).toEqual([8, -1]);
});
`,
    next: [
      'a method of the Builder (src/program/builder.ts)',
      'its lowering (src/onnx/ops), its tfjs kernel (src/runtime/engines/tfjs/kernels.ts), golden values (test/program/ops.test.ts), a gradient case (test/program/gradients.test.ts), a conformance case (test/runtime/engines/op-cases.ts)',
    ],
  }),
};
