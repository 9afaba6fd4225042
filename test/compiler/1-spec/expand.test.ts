import { describe, expect, it } from 'vitest';
import { printResolved } from '../../../src/compiler/1-spec/index.js';
import type { LayerSpec } from '../../../src/compiler/spec.js';
import type { Call } from '../../../src/ir/kind.js';
import { defaultLimits } from '../../../src/compiler/limits.js';
import { type Lowered, lower, marks, spec } from './harness.js';

/** The model of a spec that is in order, with whether its resolved text says the same. */
function model(text: string, sets: readonly string[] = []): readonly LayerSpec[] {
  const { spec: lowered, lines } = lower(text, sets);
  expect(lines).toEqual([]);
  const again = lower(printResolved(lowered!));
  expect(again.lines).toEqual([]);
  expect(again.spec!.hash).toBe(lowered!.hash);
  return lowered!.model.layers;
}

/** `name kind(what is asked of it) <- inputs` */
function shown(layers: readonly LayerSpec[], ...asked: readonly string[]): string[] {
  return layers.map(({ name, kind, arguments: values, inputs, shares }) => {
    const given = asked.flatMap((argument) => (values[argument] === undefined ? [] : JSON.stringify(values[argument])));
    const read = inputs.map(({ layer, output }) => (output === undefined ? layer : `${layer}#${output}`));
    const owner = shares === undefined ? '' : ` = ${shares}`;
    return `${name} ${kind}(${given.join(', ')})${owner}${read.length > 0 ? ` <- ${read.join(', ')}` : ''}`;
  });
}

/** Blocks before a model. */
function withBlocks(blocks: string, body: string, head = ''): string {
  return `${blocks}\n${spec(body).replace('model Net', `model Net ${head}`)}`;
}

/** The messages with their places and the notes beside them. */
function told({ found }: Lowered): string[] {
  return found.map((one) => {
    const at = one.at!.source.text.slice(one.at!.start, one.at!.end);
    const also = one.also.map((other) => `${other.note} @${other.at.source.text.slice(other.at.start, other.at.end)}`);
    return [`${one.code} @${at}: ${one.message}`, ...also].join(' | ');
  });
}

describe('a block', () => {
  it('is its layers, under the name of its use', () => {
    const text = withBlocks(
      'block lin(n, act: relu) { fc = Dense(n, activation: act); Dropout(0.5) }',
      'x = Input(4)\nlin(8)\nlast = lin(2, act: tanh)',
    );
    expect(shown(model(text), 'units')).toEqual([
      'x Input()',
      'lin_1.fc Dense(8) <- x',
      'lin_1.dropout_1 Dropout() <- lin_1.fc',
      'last.fc Dense(2) <- lin_1.dropout_1',
      'last.dropout_1 Dropout() <- last.fc',
    ]);
  });

  it('has parameters whose defaults use earlier ones, and hides lets behind them', () => {
    const text = withBlocks(
      'let n = 100\nlet other = 7\nblock wide(n, m: 2 * n, k: m + other) { Dense(n); Dense(m); Dense(k) }',
      'x = Input(4)\nwide(3)\nwide(4, k: n)',
    );
    expect(model(text).map(({ arguments: { units } }) => units)).toEqual([undefined, 3, 6, 13, 4, 8, 100]);
  });

  it('reads its inputs by place and by name, and gives its outputs', () => {
    const text = withBlocks(
      'block cross <- p, q -> sum, skip { sum = Add <- p, q; skip = Dense(4) <- q }',
      'x = Input(4)\ny = Input(4)\na, b = cross <- x, y\nc, d = cross <- q: x, p: a\nAdd <- c, d\ne = Add <- b, cross_2.sum\nAdd <- add_1, e',
    );
    expect(shown(model(text))).toEqual([
      'x Input()',
      'y Input()',
      'cross_1.sum Add() <- x, y',
      'cross_1.skip Dense() <- y',
      'cross_2.sum Add() <- cross_1.sum, x',
      'cross_2.skip Dense() <- x',
      'add_1 Add() <- cross_2.sum, cross_2.skip',
      'e Add() <- cross_1.skip, cross_2.sum',
      'add_3 Add() <- add_1, e',
    ]);
  });

  it('without declared inputs has one, `input`; and may begin with an Input of its own', () => {
    const blocks = 'block skip(n) { Dense(n); Add <- dense_1, input }\nblock tower { Input(3); Dense(2) }';
    expect(shown(model(withBlocks(blocks, 'tower\nskip(2)\nb = tower\nAdd <- skip_1, b')))).toEqual([
      'tower_1.input_1 Input()',
      'tower_1.dense_1 Dense() <- tower_1.input_1',
      'skip_1.dense_1 Dense() <- tower_1.dense_1',
      'skip_1.add_1 Add() <- skip_1.dense_1, tower_1.dense_1',
      'b.input_1 Input()',
      'b.dense_1 Dense() <- b.input_1',
      'add_1 Add() <- skip_1.add_1, b.dense_1',
    ]);
  });

  it('uses blocks, with its parameters', () => {
    const text = withBlocks(
      'block inner(n) { d = Dense(n) }\nblock outer(n) <- z { a = inner(n); b = inner(2 * n); Add <- z, a.d; repeat n { Dropout(0.1) } }',
      'x = Input(2)\nouter(2)\nDense(2) <- outer_1.b.d',
      '-> outer_1, dense_1',
    );
    expect(shown(model(text), 'units')).toEqual([
      'x Input()',
      'outer_1.a.d Dense(2) <- x',
      'outer_1.b.d Dense(4) <- outer_1.a.d',
      'outer_1.add_1 Add() <- x, outer_1.a.d',
      'outer_1.dropout_1 Dropout() <- outer_1.add_1',
      'outer_1.dropout_2 Dropout() <- outer_1.dropout_1',
      'dense_1 Dense(2) <- outer_1.b.d',
    ]);
    const { spec: lowered } = lower(text);
    expect(lowered!.model.outputs).toMatchObject([
      { name: 'outer_1', layer: 'outer_1.dropout_2' },
      { name: 'dense_1', layer: 'dense_1' },
    ]);
  });

  it('takes the spec of its written-out form', () => {
    const used = lower(
      withBlocks('block lin(n) { fc = Dense(n); Dropout(0.5) }', 'x = Input(4)\nrepeat 2 { lin(8) }\nb = Dense(2)'),
    );
    const written = lower(
      spec(
        'x = Input(4)\nlin_1.fc = Dense(8)\nlin_1.dropout_1 = Dropout(0.5)\nlin_2.fc = Dense(8)\nDropout(0.5)\nb = Dense(2)'.replace(
          '\nDropout',
          '\nlin_2.dropout_1 = Dropout',
        ),
      ),
    );
    expect(written.lines).toEqual([]);
    expect(written.spec!.hash).toBe(used.spec!.hash);
  });
});

describe('repeat', () => {
  it('numbers the names within, which are seen in their own round', () => {
    const text = spec(
      'x = Input(4)\nrepeat 2 { a = Dense(4); Dense(4); b = Add <- a, dense_2 }\nrepeat 1 + 1 { repeat 2 { a = Dense(3) } }\nDense(1) <- a_6',
    ).replace('dense_2', 'a');
    expect(shown(model(text.replace('model Net', 'model Net -> b_2, dense_9')))).toEqual([
      'x Input()',
      'a_1 Dense() <- x',
      'dense_2 Dense() <- a_1',
      'b_1 Add() <- a_1, a_1',
      'a_2 Dense() <- b_1',
      'dense_4 Dense() <- a_2',
      'b_2 Add() <- a_2, a_2',
      'a_3 Dense() <- b_2',
      'a_4 Dense() <- a_3',
      'a_5 Dense() <- a_4',
      'a_6 Dense() <- a_5',
      'dense_9 Dense() <- a_6',
    ]);
  });

  it('may be empty, and may be as often as a parameter says', () => {
    const text = withBlocks('block deep(n) { repeat n { Dense(4) } }', 'x = Input(4)\ndeep(0)\ndeep(2)\nDense(1)');
    expect(shown(model(text))).toEqual([
      'x Input()',
      'deep_2.dense_1 Dense() <- x',
      'deep_2.dense_2 Dense() <- deep_2.dense_1',
      'dense_1 Dense() <- deep_2.dense_2',
    ]);
  });

  it('takes whole numbers only', () => {
    for (const count of ['1.5', '-1', 'three', '[1]', '"2"', '2 epochs'])
      expect(lower(spec(`x = Input(4)\nrepeat ${count} { Dense(4) }`)).found).toHaveLength(1);
  });
});

describe('names', () => {
  it('count by kind in their scope, whoever is named', () => {
    const text = withBlocks(
      'block f { Dense(2) }',
      'x = Input(4)\nf\na.dense_1 = Dense(2)\ng = f\nf\nDense(3)\nDense(2) <- f_1.dense_1\nAdd <- f_3, dense_2',
      '-> add_1, dense_1',
    );
    expect(model(text).map((layer) => layer.name)).toEqual([
      'x',
      'f_1.dense_1',
      'a.dense_1',
      'g.dense_1',
      'f_3.dense_1',
      'dense_1',
      'dense_2',
      'add_1',
    ]);
  });

  it('clash with a report', () => {
    expect(
      marks(
        lower(
          withBlocks(
            'block f <- x { x = Dense(2); y = Dense(2); y = Dense(2) }',
            'x = Input(4)\nrepeat 2 { x = Dense(3); b = Dense(2); b = Dense(2) }\nf_1.y = Dense(2)\nf',
          ),
        ),
      ),
    ).toEqual([
      'duplicate-layer x',
      'duplicate-layer y',
      'duplicate-layer y',
      'duplicate-layer x',
      'duplicate-layer b',
    ]);
  });

  it('are not seen from elsewhere', () => {
    const found = lower(
      withBlocks(
        'block f(n) { a = Dense(n); Dense(n) <- outside; Dense(n) <- b; b = Dense(n); c = Dense(n) <- c }',
        'outside = Input(4)\nrepeat 2 { e = Dense(3) }\nf(3)\nDense(2) <- e\nDense(3) <- f_1.aa\nDense(3) <- later.a\nlater = f(2)\nDense(1) <- f_1',
      ),
    );
    expect(told(found)).toEqual([
      'unknown-layer-name @outside: no layer is called outside | in this use of `f` @f',
      'reads-later-layer @b: f_1.dense_3 reads b, which comes after it | in this use of `f` @f',
      'self-reference @c: `c` reads itself | in this use of `f` @f',
      'unknown-layer-name @e: no layer is called e',
      'unknown-layer-name @f_1.aa: no layer is called f_1.aa',
      'reads-later-layer @later.a: dense_5 reads later.a, which comes after it',
    ]);
    expect(found.lines.filter((one) => one.includes('['))).toEqual([
      'unknown-layer-name @e: no layer is called e [outside of its `repeat`, `e_1` and so on]',
      'unknown-layer-name @f_1.aa: no layer is called f_1.aa [did you mean `f_1.a`?]',
    ]);
  });
});

describe('with', () => {
  const blocks = `block lin(n) { fc = Dense(n, kernel_initializer: random_normal(stddev: 0.5)) }
block pair(n) <- x { a = lin(n) with { fc.units: 2 * n; fc.use_bias: false }; b = lin(n) }`;
  const units = (body: string, sets: readonly string[] = []) =>
    Object.fromEntries(model(withBlocks(blocks, body), sets).map(({ name, arguments: { units } }) => [name, units]));

  it('changes expanded layers, the outermost winning', () => {
    expect(
      units(
        'x = Input(4)\nrepeat 2 { pair(3) with { b.fc.units: 9 } } with { pair_2 { b { fc.units: 5 }; a.fc.units: 4 } }',
      ),
    ).toEqual({
      x: undefined,
      'pair_1.a.fc': 6,
      'pair_1.b.fc': 9,
      'pair_2.a.fc': 4,
      'pair_2.b.fc': 5,
    });
    expect(
      units('x = Input(4)\npair(3) with { a.fc.units: 9 }\nDense(3) with { units: 7 }', ['model.pair_1.a.fc.units=8']),
    ).toEqual({
      x: undefined,
      'pair_1.a.fc': 8,
      'pair_1.b.fc': 3,
      dense_1: 7,
    });
  });

  it('reaches into calls, and an outer whole value takes the place of an inner part', () => {
    const [, first, second] = model(
      withBlocks(
        blocks.replace(
          'a = lin(n) with { fc.units: 2 * n; fc.use_bias: false }',
          'a = lin(n) with { fc.kernel_initializer.stddev: 0.1 }',
        ),
        'x = Input(4)\npair(3) with { b.fc.kernel_initializer.stddev: 0.2 }\npair(3) with { a.fc.kernel_initializer: zeros }',
      ),
    );
    expect(first!.arguments.kernel_initializer).toMatchObject({ arguments: { stddev: 0.1 } });
    expect(second!.arguments.kernel_initializer).toMatchObject({ arguments: { stddev: 0.2 } });
    expect(Object.keys(first!.changes)).toEqual(['kernel_initializer.stddev']);
  });

  it('takes a use out', () => {
    const text = withBlocks(
      blocks,
      'x = Input(4)\nrepeat 3 { pair(4) } with { pair_2: off }\nz = Add <- pair_3, pair_2',
    );
    expect(shown(model(text))).toEqual([
      'x Input()',
      'pair_1.a.fc Dense() <- x',
      'pair_1.b.fc Dense() <- pair_1.a.fc',
      'pair_3.a.fc Dense() <- pair_1.b.fc',
      'pair_3.b.fc Dense() <- pair_3.a.fc',
      'z Add() <- pair_3.b.fc, pair_1.b.fc',
    ]);
  });

  it('in a block or a round must hit something in one of them', () => {
    const found = units(
      'x = Input(4)\nrepeat 2 { repeat 2 { c = lin(3) } with { c_2.fc.units: 4; c_3.fc.units: 5 } }\npair(1)',
    );
    expect(Object.values(found)).toEqual([undefined, 3, 4, 5, 3, 2, 1]);
  });

  it('must hit something', () => {
    expect(
      lower(
        withBlocks(
          blocks,
          'x = Input(4)\nrepeat 2 { pair(3) } with { pair_3.a.fc.units: 3; pair_2.a.fd.units: 4; pair_1: 3; pair_2.a.fc.unit: 3; x: off; pair_1.b.fc.units: three }\nDense(3) with { x.y: 3 }',
        ),
      ).lines,
    ).toEqual([
      'unknown-path @pair_3.a.fc.units: `pair_3.a.fc.units` hits nothing: there is no `pair_3` in this `repeat` [did you mean `pair_1`?] (in this `repeat`: `pair_1`, `pair_2`)',
      'unknown-path @pair_2.a.fd.units: `pair_2.a.fd.units` hits nothing: there is no `fd` in `pair_2.a` [did you mean `fc`?] (in `pair_2.a`: `fc`)',
      'layer-without-value @3: `pair_1` has no value of its own, and this is the number 3 (`off` takes it out; arguments stand behind a dot)',
      expect.stringContaining(
        'unknown-argument @pair_2.a.fc.unit: `Dense` has no argument `unit` [did you mean `units`?]',
      ),
      'unknown-path @x: `x` hits nothing: `x` is outside of it (in this `repeat`: `pair_1`, `pair_2`)',
      expect.stringContaining('word-for-number @three'),
      expect.stringContaining('unknown-argument @x.y: `Dense` has no argument `x`'),
    ]);
  });
});

describe('annotations', () => {
  it('go layer over use over block over model, argument by argument', () => {
    const text = withBlocks(
      'block f @l1(2, bias: true) @l2(1) { a = Dense(2); b = Dense(2) @l1(3) @l2(off) }',
      'x = Input(4)\nf @l1(4)\nf @l1(off)\nc = Dense(2)\nDropout(0.5)',
      '@l1(1) @dropneuron(5)',
    );
    const landed = Object.fromEntries(
      model(text).map(({ name, annotations }) => [
        name,
        annotations.map(({ word, arguments: { lambda, bias } }) => `${word} ${lambda}${bias ? ' bias' : ''}`),
      ]),
    );
    expect(landed).toEqual({
      x: [],
      'f_1.a': ['l1 4 bias', 'dropneuron 5', 'l2 1'],
      'f_1.b': ['l1 3 bias', 'dropneuron 5'],
      'f_2.a': ['dropneuron 5', 'l2 1'],
      'f_2.b': ['l1 3', 'dropneuron 5'],
      c: ['l1 1', 'dropneuron 5'],
      dropout_1: [],
    });
  });

  it('of a use without weights are refused', () => {
    expect(marks(lower(withBlocks('block f { Dropout(0.5) }', 'x = Input(4)\nf @l1(4)\nDense(2)')))).toEqual([
      'annotation-without-kernel l1(4)',
    ]);
  });
});

describe('Shared', () => {
  it('is a layer once more, and its owner is never itself a share', () => {
    expect(
      shown(
        model(
          spec(
            'x = Input(4)\ny = Input(4)\na = Dense(3) <- x\nb = Shared(a) <- y\nShared(b) <- x\nAdd <- a, b, shared_2',
          ),
        ),
        'units',
      ),
    ).toEqual([
      'x Input()',
      'y Input()',
      'a Dense(3) <- x',
      'b Dense(3) = a <- y',
      'shared_2 Dense(3) = a <- x',
      'add_1 Add() <- a, b, shared_2',
    ]);
  });

  it('is a block use once more, layer by layer, as it was changed', () => {
    const text = withBlocks(
      'block lin(n) { fc = Dense(n); Dropout(0.1) }\nblock tower(n) <- z { a = lin(n); c = Shared(a) <- z; Add <- a, c }',
      'x = Input(4)\ny = Input(4)\nt = tower(3) <- x with { a.fc.units: 2 }\nu = Shared(t) <- y\nAdd <- t, u.c',
      '-> add_1, u',
    );
    expect(shown(model(text), 'units')).toEqual([
      'x Input()',
      'y Input()',
      't.a.fc Dense(2) <- x',
      't.a.dropout_1 Dropout() <- t.a.fc',
      't.c.fc Dense(2) = t.a.fc <- x',
      't.c.dropout_1 Dropout() = t.a.dropout_1 <- t.c.fc',
      't.add_1 Add() <- t.a.dropout_1, t.c.dropout_1',
      'u.a.fc Dense(2) = t.a.fc <- y',
      'u.a.dropout_1 Dropout() = t.a.dropout_1 <- u.a.fc',
      'u.c.fc Dense(2) = t.a.fc <- y',
      'u.c.dropout_1 Dropout() = t.a.dropout_1 <- u.c.fc',
      'u.add_1 Add() = t.add_1 <- u.a.dropout_1, u.c.dropout_1',
      'add_1 Add() <- t.add_1, u.c.dropout_1',
    ]);
  });

  it('takes the name of a layer above, and nothing else', () => {
    expect(
      marks(
        lower(
          spec(
            'x = Input(4)\na = Dense(3)\nShared(3)\nShared\nShared(b)\nShared(x)\nShared(a) @l1(3)\nShared(a) with { units: 3 }\nShared(a, 3)\nShared(nothing)\nb = Dense(3)',
          ),
        ),
      ),
    ).toEqual([
      'shared-what 3',
      'shared-what Shared',
      'reads-later-layer b',
      'shared-what x',
      'shared-what l1(3)',
      'shared-what { units: 3 }',
      'shared-what a',
      'unknown-layer-name nothing',
    ]);
  });
});

describe('what cannot be expanded', () => {
  it('is refused before it is', () => {
    const chain = Array.from({ length: 18 }, (_, k) => `block b${k} { ${k < 17 ? `b${k + 1}` : 'Dense(3)'} }`).join(
      '\n',
    );
    expect(
      told(
        lower(
          withBlocks(
            `block f { g }\nblock g { f }\nblock h { h }\nblock empty { }\nblock Dense { Dropout(0.1) }\n${chain}`,
            'x = Input(4)\nf\nh\nempty\nb0\nb1\nb2',
          ),
        ),
      ),
    ).toEqual([
      'block-cycle @f: these blocks use each other: f -> g -> f | through this one @g',
      'block-cycle @h: the block `h` uses itself',
      'empty-block @empty: the block `empty` has no layers',
      'block-name @Dense: a block cannot be called `Dense`: that is a layer',
      'blocks-too-deep @b0: blocks are used within each other 18 deep, and dnc takes 16',
      'blocks-too-deep @b1: blocks are used within each other 17 deep, and dnc takes 16',
    ]);
  });

  it('is refused when it grows beyond the limit', () => {
    const doubling = Array.from({ length: 15 }, (_, k) => `block d${k} { d${k + 1}; d${k + 1}; d${k + 1} }`).join('\n');
    for (const [blocks, body] of [
      [`${doubling}\nblock d15 { Dense(3) }`, 'd0'],
      [`${doubling}\nblock d15 { repeat 0 { Dense(3) } }`, 'd0'],
      ['', 'repeat 1000 { repeat 1000 { Dense(3) } }'],
      ['', 'repeat 1000000000 { Dense(3) }'],
      ['', 'repeat 1000000000 { repeat 0 { Dense(3) } }'],
    ] as const) {
      const { found } = lower(withBlocks(blocks, `x = Input(4)\n${body}`), [], { ...defaultLimits, layers: 10_000 });
      expect(found.map((one) => one.code)).toEqual(['too-many-layers']);
    }
  });

  it('is told with the use that it is in', () => {
    expect(
      told(
        lower(
          withBlocks(
            'block f(n) { Dense(n); Dnse(3); Dense(units: 0.5) }\nblock g(m) { f(m + 1); f(q) }',
            'x = Input(4)\ng(3)\ng(0 - 1)\ng',
          ),
        ),
      ),
    ).toEqual([
      'word-for-number @n: a number is due here, and `q` is no `let` | `n` gets its value here @q | in this use of `f` @f | in this use of `g` @g',
      'out-of-range @n: `units` of `Dense` must be ≥ 1, and this is 0 | `n` gets its value here @m + 1 | in this use of `f` @f | in this use of `g` @g',
      'unknown-layer @Dnse: dnc knows no layer `Dnse` | in this use of `f` @f | in this use of `g` @g',
      expect.stringContaining('wrong-type @0.5'),
      'missing-argument @g: `g` needs `m`: a value | it has no default @m',
    ]);
  });

  it('warns of what nothing uses', () => {
    expect(
      lower(
        withBlocks(
          'let size = 3\nblock f(n, size) <- a, b { Dense(n) }\nblock g(n) { Dense(n) }',
          'x = Input(4)\nf(3, 4) <- x, x',
        ),
      ).lines.map((one) => one.slice(0, one.indexOf(':', one.indexOf('@')))),
    ).toEqual(['unused-let @size', 'unused-parameter @size', 'unread-input @b', 'unused-block @g']);
  });
});

describe('a layer among the arguments of another', () => {
  it('is resolved like any other, at its own address', () => {
    const text = withBlocks(
      'block both(n, cell: LSTM(n)) { Bidirectional(cell) }',
      'x = Input(6, 4)\nBidirectional(LSTM(3, return_sequences: true))\nrepeat 2 { both(5) } with { both_2.bidirectional_1.layer.units: 4 }',
    ).replace('cell: LSTM(n)', 'cell: LSTM(n, return_sequences: true)');
    const layers = model(text, ['model.bidirectional_1.layer.use_bias=false']);
    expect(layers.slice(1).map(({ arguments: { layer } }) => (layer as Call).arguments)).toMatchObject([
      { units: 3, return_sequences: true, activation: { word: 'tanh' }, use_bias: false },
      { units: 5, return_sequences: true, use_bias: true },
      { units: 4, return_sequences: true },
    ]);
  });

  it('is no block, and must be right', () => {
    expect(
      marks(
        lower(
          withBlocks(
            'block cell(n) { Dense(n) }',
            'x = Input(6, 4)\nTimeDistributed(cell(3))\nTimeDistributed(Dence(3))\nTimeDistributed(Dense(3, unit: 4))\nTimeDistributed(Dense(100000000))\nTimeDistributed(3)\ncell(2)',
          ),
        ),
      ),
    ).toEqual([
      'unknown-layer cell',
      'unknown-layer Dence',
      'unknown-argument unit',
      'too-many-units Dense(100000000)',
      'wrong-type 3',
    ]);
  });
});
