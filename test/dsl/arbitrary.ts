import fc from 'fast-check';
import * as build from '../../src/dsl/build.js';
import type {
  BlockNode,
  CallNode,
  Document,
  EntryNode,
  LayerNode,
  MapNode,
  NameNode,
  RepeatNode,
  StatementNode,
  ValueNode,
} from '../../src/dsl/document.js';
import { numberText } from '../../src/dsl/numbers.js';

/** Random documents of every kind of node, as the compiler could build them. Names are unique where the language asks for it. */

const { NOWHERE: span } = build;

const plainName = fc
  .oneof(
    fc.constantFrom(
      'a',
      'relu',
      'conv_1',
      'Dense',
      'let',
      'model',
      'block',
      'repeat',
      'with',
      'dnc',
      '_x9',
      '__proto__',
      'constructor',
    ),
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
  )
  .filter((name) => name !== 'true' && name !== 'false');
const path = fc.array(plainName, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const name = (text: fc.Arbitrary<string>): fc.Arbitrary<NameNode> => text.map(build.name);

const positive = fc.oneof(
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((one) => build.positive(numberText(one))),
  fc.nat(10_000).map((one) => build.positive(String(one))),
  fc.constantFrom('10k', '0.2%', '1_000', '2M', '1G', '1e-3', '5e3%').map(build.positive),
);

/** Distinct by a key, as the language wants names to be. */
const distinct = <T>(one: fc.Arbitrary<T>, key: (value: T) => string, maxLength: number) =>
  fc.uniqueArray(one, { selector: key, maxLength });

const { value, call, map } = fc.letrec<{ value: ValueNode; call: CallNode; map: MapNode; entry: EntryNode }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    positive,
    fc.tuple(positive, name(plainName)).map(([number, unit]): ValueNode => ({ kind: 'quantity', span, number, unit })),
    fc.string({ unit: 'binary', maxLength: 12 }).map(build.string),
    path.map(build.word),
    tie('call'),
    tie('map'),
    fc.array(tie('value'), { maxLength: 4 }).map(build.list),
    fc.tuple(tie('value'), tie('value')).map(([from, to]): ValueNode => ({ kind: 'range', span, from, to })),
    tie('value').map((operand): ValueNode => ({ kind: 'unary', span, operator: '-', operand })),
    fc
      .tuple(tie('value'), fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const), tie('value'))
      .map(([left, operator, right]) => build.binary(left, operator, right)),
  ),
  call: fc
    .tuple(
      name(path),
      fc.option(
        fc.tuple(
          fc.array(tie('value'), { maxLength: 2 }),
          distinct(fc.tuple(plainName, tie('value')), ([key]) => key, 2),
        ),
        { nil: undefined },
      ),
    )
    .map(([callee, found]): CallNode => {
      if (!found) return { kind: 'call', span, callee };
      const [positional, named] = found;
      const list = [
        ...positional.map((one) => ({ span, value: one })),
        ...named.map(([key, one]) => ({ span, name: build.name(key), value: one })),
      ];
      return { kind: 'call', span, callee, arguments: list };
    }),
  entry: fc
    .tuple(fc.oneof(path, fc.string({ unit: 'binary', maxLength: 6 })), tie('value'))
    .map(([key, one]) => build.entry(key, one)),
  map: distinct(tie('entry'), (one) => one.key.text, 3).map((entries) => build.map(entries)),
}));

const annotations = fc.array(call, { maxLength: 2 });

const layer: fc.Arbitrary<LayerNode> = fc
  .tuple(
    distinct(path, (one) => one, 2),
    call,
    fc.array(fc.tuple(fc.option(name(plainName), { nil: undefined }), name(path)), { maxLength: 2 }),
    annotations,
    fc.option(map, { nil: undefined }),
  )
  .map(([names, one, inputs, methods, changes]) => ({
    kind: 'layer',
    span,
    names: names.map(build.name),
    call: one,
    inputs: inputs.map(([key, from]) => ({ ...(key && { name: key }), from })),
    annotations: methods,
    ...(changes && { with: changes }),
  }))
  // `repeat with { … }` repeats something `with` times: a layer of a kind called `repeat` cannot be changed without its parentheses.
  .filter(
    (one) => !(one.with && one.names.length === 0 && one.call.callee.text === 'repeat' && !one.call.arguments),
  ) as fc.Arbitrary<LayerNode>;

/** A count with braces in its first parentheses could be a call: `repeat` stands before a plain sum. */
const count = fc.oneof(
  positive,
  path.map(build.word),
  fc.tuple(positive, positive).map(([a, b]) => build.binary(a, '+', b)),
);

const statements = fc.letrec<{ statement: StatementNode; repeat: RepeatNode }>((tie) => ({
  statement: fc.oneof({ maxDepth: 2 }, layer, tie('repeat')),
  repeat: fc
    .tuple(count, fc.array(tie('statement'), { maxLength: 3 }), fc.option(map, { nil: undefined }))
    .map(([times, body, changes]) => ({ kind: 'repeat', span, count: times, body, ...(changes && { with: changes }) })),
})).statement;

const block: fc.Arbitrary<BlockNode> = fc
  .tuple(
    plainName,
    distinct(fc.tuple(plainName, fc.option(value, { nil: undefined })), ([one]) => one, 3),
    distinct(plainName, (one) => one, 2),
    fc.array(name(path), { maxLength: 2 }),
    annotations,
    fc.array(statements, { maxLength: 3 }),
  )
  .map(([title, parameters, inputs, outputs, methods, body]) => ({
    span,
    name: build.name(title),
    parameters: parameters.map(([key, one]) => ({ name: build.name(key), ...(one && { value: one }) })),
    inputs: inputs.filter((one) => !parameters.some(([key]) => key === one)).map(build.name),
    outputs,
    annotations: methods,
    body,
  }));

export const document: fc.Arbitrary<Document> = fc
  .record({
    version: fc.option(fc.constant(build.positive('1')), { nil: undefined }),
    lets: distinct(fc.tuple(plainName, value), ([one]) => one, 3),
    blocks: distinct(block, (one) => one.name.text, 2),
    model: fc.option(
      fc.tuple(plainName, fc.array(name(path), { maxLength: 2 }), annotations, fc.array(statements, { maxLength: 5 })),
      {
        nil: undefined,
      },
    ),
    entries: fc.uniqueArray(fc.tuple(path, value), { selector: ([key]) => key, maxLength: 3 }),
  })
  .map(({ version, lets, blocks, model, entries }) => ({
    span,
    ...(version && { version }),
    lets: lets.map(([key, one]) => ({ span, name: build.name(key), value: one })),
    blocks,
    ...(model && {
      model: { span, name: build.name(model[0]), outputs: model[1], annotations: model[2], body: model[3] },
    }),
    // `let { }`, `model { }` and `block { }` at the top would be the keywords.
    entries: entries
      .filter(([key]) => !['let', 'model', 'block'].includes(key))
      .map(([key, one]) => build.entry(key, one)),
  }));
