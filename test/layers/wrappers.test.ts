import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { forwardProgram } from '../../src/compiler/4-program/index.js';
import { shrink } from '../../src/compiler/5-shrink/shrink.js';
import { between } from '../../src/ir/ranges.js';
import { bidirectionalMembers } from '../../src/layers/bidirectional.js';
import { layerKind, layers } from '../../src/layers/index.js';
import { timeDistributed, timeDistributedMembers } from '../../src/layers/time-distributed.js';
import { evaluate } from '../../src/program/evaluate.js';
import { plant } from '../compiler/5-shrink/plant.js';

// Layers that do another one say of every member of a layer's definition whether it is handed on.

const wrappers = {
  TimeDistributed: timeDistributedMembers(layerKind),
  Bidirectional: bidirectionalMembers(layerKind),
};

/** The members that an interface declares, by its text. */
function membersOf(file: string, name: string): string[] {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../src', file), 'utf8');
  const from = text.indexOf(`export interface ${name}<`);
  const body = text.slice(from, text.indexOf('\n}\n', from));
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map((match) => match[1]!);
}

const declared = [...membersOf('ir/kind.ts', 'Kind'), ...membersOf('layers/layer.ts', 'LayerKind')];

describe.each(Object.entries(wrappers))('%s', (_, members) => {
  it('names every member, and those that there are', () => {
    expect(declared.length).toBeGreaterThan(25);
    expect(Object.keys(members).sort()).toEqual([...declared].sort());
  });

  it('says why it has none of some', () => {
    for (const [name, member] of Object.entries(members))
      expect('none' in member ? member.none.length : 10, name).toBeGreaterThanOrEqual(10);
  });
});

test('every member that some layer has is named', () => {
  const used = new Set(Object.values(layers).flatMap((kind) => Object.keys(kind)));
  // What a recurrent layer gives to Bidirectional.
  used.delete('cell');
  expect([...used].filter((name) => !declared.includes(name))).toEqual([]);
});

test('Bidirectional has what recurrent layers have', () => {
  const had = Object.values(layers).flatMap((kind) => ('cell' in kind ? Object.keys(kind) : []));
  expect(had).toContain('inside');
  const lost = Object.entries(bidirectionalMembers(layerKind)).flatMap(([name, member]) =>
    'none' in member && had.includes(name) ? [name] : [],
  );
  // Which has no argument `activation`.
  expect(lost).toEqual(['activationInside']);
});

type Rule = (...given: unknown[]) => unknown;

/** What rules are given beside arguments, with nothing in it. */
const at = Object.assign([[]], {
  inputs: [],
  inputShapes: [],
  outputShapes: [],
  inputExtents: [],
  outputExtents: [],
  misfit: () => {},
});

test('TimeDistributed asks its layer for what it hands on', () => {
  const asked: string[] = [];
  const inner = new Proxy(layers.Dense, {
    get: (kind, name, receiver) => {
      asked.push(String(name));
      return Reflect.get(kind, name, receiver);
    },
  });
  const kind = timeDistributed(() => inner) as unknown as Readonly<Record<string, Rule>>;
  const args = { layer: { word: 'Dense', arguments: {} } };
  for (const [name, member] of Object.entries(timeDistributedMembers(layerKind))) {
    if (!('handedOn' in member)) continue;
    asked.length = 0;
    // A rule that needs more than that stops behind the question.
    try {
      if (name === 'spelling')
        (kind.spelling as unknown as { readonly tfjs: Rule }).tfjs(args, { name: 'it', inputs: [], outputs: [] });
      else if (name === 'forward') kind.forward!(undefined, { arguments: args, inputs: [] });
      else kind[name]!(args, at, [], at);
    } catch {}
    expect(asked, name).toContain(name === 'forward' ? 'everywhere' : name);
  }
});

describe('at every step', () => {
  it('constants inside of a layer go into its own bias', () => {
    const net = plant(
      `series = Input(2, 4, 6)
       attend = TimeDistributed(MultiHeadAttention(2, 3, value_dim: 2))
       flat = Flatten
       out = Dense(2)`,
      102,
    ).noInput('attend.value', [0, 2], 0.5);
    const shrunk = net.shrink();
    expect(shrunk.left('attend.value')).toEqual([1, 3]);
    expect(shrunk.result.folded).toMatchObject([{ reader: 'attend', param: 'attend.output_bias' }]);
  });

  it('units that never fire within the range of the rows go', () => {
    const net = plant(
      `series = Input(2, 3)
       hidden = TimeDistributed(Dense(3, activation: relu))
       out = LSTM(2)`,
      7,
    )
      .set('hidden.kernel', { 1: -1, 4: -0.5, 7: 0 })
      .set('hidden.bias', { 1: -0.25 });
    const { network, values } = net;
    const left = (ranges: object) =>
      shrink(network, values, ranges).kept.find((kept) => kept.layer === 'hidden')!.positions;
    expect(left({})).toContain(1);
    expect(left({ ranges: { series: between(3, 0, 1) } })).not.toContain(1);
    expect(left({ ranges: { series: between(3, -1, 1) } })).toContain(1);
  });

  it('what reads nothing but shapes leaves an output dead', () => {
    const net = plant(
      `clips = Input(2, 4, 3)
       places = TimeDistributed(PositionEmbedding(4))
       out = Dense(2)`,
      3,
    );
    expect(() => shrink(net.network, net.values)).toThrow(/no longer depends on any input/);
  });

  it('a softmax at the end gives losses what is before it', () => {
    const { network, values } = plant('series = Input(2, 3)\n out = TimeDistributed(Softmax)', 5);
    const series = { dtype: 'float' as const, shape: [1, 2, 3], data: Float64Array.from([1, 2, 3, -1, 0, 4]) };
    expect(values.size).toBe(0);
    const results = (logits: boolean) =>
      evaluate(forwardProgram(network, { mode: 'inference', logits }), { series }).results.out!.data;
    expect([...results(true)]).toEqual([...series.data]);
    expect(
      results(false)
        .slice(0, 3)
        .reduce((sum, one) => sum + one),
    ).toBeCloseTo(1, 12);
  });
});
