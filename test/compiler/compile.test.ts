import { describe, expect, test } from 'vitest';
import { type CompileOptions, compile, resolvedText } from '../../src/compiler/compile.js';
import { stagePrinters } from '../../src/compiler/stages.js';
import { Failure } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import { extents } from '../../src/ir/dims.js';
import { specText } from './lowered.js';

const good = specText('x = Input\nh = Dense(3, activation: relu) @l1(1e-3)\ny = Dense(1)');
const compiled = (text: string, options: CompileOptions = {}) => compile(new Source('net.dn', text), options);

function codes(text: string, options: CompileOptions = {}): string[] {
  try {
    compiled(text, options);
    return [];
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics.map((one) => one.code);
    throw error;
  }
}

describe('stages stop where one reported an error', () => {
  test('text', () => expect(codes('model Net {\nx = Input(')).not.toContain('missing-section'));

  test('spec before graph', () => {
    expect(codes(specText('x = Input(20)\na = Dens(3)\ny = Dense(1) <- x, x'))).toEqual(['unknown-layer']);
  });

  test('graph before dims', () => {
    expect(codes(specText('x = Input(20)\na = Reshape(7)\ny = Dense(1) <- x, a'))).toEqual(['input-count']);
  });

  test('dims before checks', () => {
    expect(codes(specText('x = Input(20)\na = Reshape(7)\ny = Dense(5)'))).toEqual(['shape-mismatch']);
  });

  test('checks come together', () => {
    expect(codes(specText('x = Input(20)\ny = Reshape(4, 5)'))).toEqual(['not-trainable', 'loss-width']);
  });

  test('a warning stops nothing, and is handed out', () => {
    const text = specText('x = Input(2, 5, 2)\na = Dense(2)\nf = Flatten\ny = Dense(1)');
    expect(compiled(text).warnings.map((one) => one.code)).toEqual(['forgotten-flatten']);
  });
});

test('an Input without a shape takes it from its data, in the network and in the resolved text', () => {
  const result = compiled(good);
  expect(extents(result.network.shapes.get('x')![0]!)).toEqual([20]);
  const text = resolvedText(result);
  expect(text).toMatch(/x = Input\(shape: \[20\]\)/);
  // The resolved text compiles to the same network.
  const again = compiled(text);
  expect(again.network.graph.nodes.map((node) => [node.name, node.kind, node.arguments])).toEqual(
    result.network.graph.nodes.map((node) => [node.name, node.kind, node.arguments]),
  );
  expect(again.warnings).toEqual([]);
});

test('an annotation before the brace lands on layers that have a kernel, and its resolved text warns of nothing', () => {
  const text = specText('x = Input\na = Dense(4)\nb = BatchNormalization\nc = PReLU\ny = Dense(1, trainable: false)');
  const result = compiled(text.replace('model Net', 'model Net @l1(1e-3)'));
  const landed = ({ network }: typeof result) =>
    network.graph.nodes.flatMap(({ name, annotations }) => annotations.map(({ word }) => `${name} @${word}`));
  expect(landed(result)).toEqual(['a @l1']);
  const again = compiled(resolvedText(result));
  expect(landed(again)).toEqual(['a @l1']);
  expect(again.warnings).toEqual([]);
});

test('--set reaches the network', () => {
  const { network, spec } = compiled(good, { sets: ['model.h.units=7', 'train.epochs=9'] });
  expect(extents(network.shapes.get('h')![0]!)).toEqual([7]);
  expect(spec.train.phases[0]!.length).toEqual({ amount: 9, unit: 'epochs' });
});

test('the weights file is asked for original units only where the spec names one', () => {
  const asked: string[] = [];
  const originals: CompileOptions['originals'] = (weights) => {
    asked.push(weights.path);
    return { h: { indices: [2, 5, 8], width: 10 } };
  };
  compiled(good, { originals });
  expect(asked).toEqual([]);
  const { network } = compiled(`${good}\nweights: file("net.safetensors")\n`, { originals });
  expect(asked).toEqual(['net.safetensors']);
  expect(network.shapes.get('h')![0]![0]!.units.map((unit) => network.dims.origin(unit).index)).toEqual([2, 5, 8]);
});

describe('the stages as text', () => {
  const source = new Source('net.dn', good);

  test.each(Object.keys(stagePrinters) as (keyof typeof stagePrinters)[])(
    '%s prints, and the same each time',
    (stage) => {
      const text = stagePrinters[stage](source, {});
      expect(text).toMatch(/\n$/);
      expect(stagePrinters[stage](source, {})).toBe(text);
    },
  );

  test('graph: who reads whom', () => {
    expect(stagePrinters.graph(source, {})).toBe('x = Input\nh = Dense <- x\ny = Dense <- h\n');
  });

  test('document: what was read, in one form', () => {
    const text = stagePrinters.document(source);
    expect(text).toMatch(/^model Net \{\n {2}x = Input\n/);
    expect(stagePrinters.document(new Source('net.dn', text))).toBe(text);
  });

  test('step: one program a phase', () => {
    const text = good.replace('epochs: 1', 'phases { a { epochs: 1 }; b { epochs: 1; optimizer: sgd } }');
    const programs = stagePrinters.step(new Source('net.dn', text), {});
    expect(programs.match(/^program .*$/gm)).toEqual(['program Net step (a)', 'program Net step (b)']);
  });
});
