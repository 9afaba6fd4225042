import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/compiler/document.js';
import { Failure, Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import { difference } from '../../src/dsl/compare.js';
import type { CallNode, Document, MapNode, StatementNode, ValueNode } from '../../src/dsl/document.js';
import { format } from '../../src/dsl/format.js';
import { printDocument } from '../../src/dsl/print.js';
import { writeDn } from '../../src/dsl/write.js';
import { writeYaml } from '../../src/dsl/yaml/write.js';
import { document } from './arbitrary.js';
import { fixtures, runs } from './specs.js';

const specs = path.resolve(import.meta.dirname, '../../specs');
const own = readdirSync(specs)
  .filter((name) => name.endsWith('.dn'))
  .map((name) => [name, readFileSync(path.join(specs, name), 'utf8')] as const);

function readAs(name: string, text: string): Document {
  const reports = new Reports();
  const found = readDocument(new Source(name, text), reports);
  expect(
    reports.all.map((one) => `${one.at?.start}: ${one.message}`),
    text,
  ).toEqual([]);
  return found;
}

/** Everything behind `#` outside of strings, in order. */
const commentsOf = (text: string) =>
  [...text.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '').matchAll(/(?:^|\s)(#.*)/gm)].map(([, one]) => one!.trim()).sort();

describe.each(own)('%s', (_, text) => {
  test('converted to YAML and back is the text itself', () => {
    const before = readAs('a.dn', text);
    const yaml = writeYaml(before);
    const after = readAs('a.yaml', yaml);
    expect(difference(before, after)).toBeUndefined();
    // Columns and line breaks of a layout by hand apart, also where a `;` stands for one.
    const back = writeDn(after);
    expect(back.replaceAll(/[\s;]/g, '')).toBe(text.replaceAll(/[\s;]/g, ''));
    expect(writeDn(readAs('a.dn', back))).toBe(back);
    expect(writeYaml(after)).toBe(yaml);
  });
});

test('a spec in the usual layout comes back to the letter', () => {
  for (const [name, text] of own)
    if (['quickstart.dn', 'lenet-300-100.dn'].includes(name))
      expect(writeDn(readAs('a.yaml', writeYaml(readAs('a.dn', text))))).toBe(text);
});

test.each(fixtures.filter(([name]) => name !== 'every-production.dn'))(
  '%s: YAML says the same with the same comments, and what comes back comes back again',
  (_, text) => {
    const before = readAs('a.dn', text);
    const yaml = writeYaml(before);
    const after = readAs('a.yaml', yaml);
    expect(difference(before, after)).toBeUndefined();
    expect(commentsOf(yaml)).toEqual(commentsOf(text));
    const back = writeDn(after);
    expect(commentsOf(back)).toEqual(commentsOf(text));
    expect(difference(before, readAs('b.dn', back))).toBeUndefined();
    expect(format(back)).toBe(back);
    expect(writeYaml(readAs('b.dn', back))).toBe(yaml);
    expect(writeDn(readAs('c.yaml', writeYaml(readAs('b.dn', back))))).toBe(back);
  },
);

test('comments, empty lines and maps on one line keep their places', () => {
  const text = `# Above.

# Above the version.
dnc 1  # the version
let a = 1  # one
# Between.

let long = 22      # two

# The model.
model X {  # open
  # First.
  image = Input(3)  # in
  Flatten

  repeat 2 { Dense(3) }
  repeat a {  # many
    d = Dense(3)  @l1(1e-5)
    # inside
  }
  # Last.
}

train {
  loss: mse
  # How long.
  epochs: 5  # enough
  phases {
    one { epochs: 1; steps: 2 }  # short
    # nothing more
  }
  # done
}
data { source: mnist; validation: 3 }
sweep {
  width: [          # many
    # small
    1, 2, 3,  # three
    4
    # large
  ]
}
# The end.
`;
  const yaml = writeYaml(readAs('a.dn', text));
  expect(yaml).toMatchInlineSnapshot(`
    "# Above.

    # Above the version.
    dnc: 1  # the version
    let:
      a: 1  # one
      # Between.

      long: 22      # two

    # The model.
    model:  # open
      name: X
      layers:
        # First.
        - { name: image, Input: 3 }  # in
        - Flatten

        - { repeat: 2, layers: [Dense(3)] }
        - repeat: a  # many
          layers:
            - { name: d, Dense: 3, sparsity: l1(1e-5) }
            # inside
        # Last.

    train:
      loss: mse
      # How long.
      epochs: 5  # enough
      phases:
        one: { epochs: 1, steps: 2 }  # short
        # nothing more
      # done
    data: { source: mnist, validation: 3 }
    sweep:
      width: [          # many
          # small
          1, 2, 3,  # three
          4
          # large
        ]
    # The end.
    "
  `);
  expect(writeDn(readAs('a.yaml', yaml))).toBe(text);
  expect(writeDn(readAs('a.dn', text))).toBe(text);
});

/** A value as specs have them: a map only where one is expected, arithmetic with numbers and words. */
function sayable(value: ValueNode, map = false): ValueNode {
  const word = (): ValueNode => ({ kind: 'call', span: value.span, callee: { span: value.span, text: 'w' } });
  switch (value.kind) {
    case 'map':
      if (!map) return word();
      return { ...value, entries: value.entries.map((one) => ({ ...one, value: sayable(one.value) })) };
    case 'list':
      return { ...value, items: value.items.map((one) => sayable(one)) };
    case 'call':
      if (map || !value.arguments) return { ...value, ...(value.arguments && { arguments: [] }) };
      return { ...value, arguments: value.arguments.map((one) => ({ ...one, value: sayable(one.value) })) };
    case 'range':
      return { ...value, from: operand(value.from), to: operand(value.to) };
    case 'unary':
      return { ...value, operand: operand(value.operand) };
    case 'binary':
      return { ...value, left: operand(value.left), right: operand(value.right) };
    default:
      return value;
  }
  function operand(one: ValueNode): ValueNode {
    if (one.kind === 'number' || (one.kind === 'call' && !one.arguments)) return one;
    return one.kind === 'binary' || one.kind === 'unary' ? sayable(one) : word();
  }
}

function sayableStatement(node: StatementNode): StatementNode {
  const changes = node.with && { with: sayable(node.with, true) as MapNode };
  if (node.kind === 'repeat')
    return { ...node, count: sayable(node.count), body: node.body.map(sayableStatement), ...changes };
  const call = sayable(node.call) as CallNode;
  return { ...node, call, annotations: node.annotations.map((one) => sayable(one) as CallNode), ...changes };
}

function sayableDocument(one: Document): Document {
  const methods = (calls: readonly CallNode[]) => calls.map((call) => sayable(call) as CallNode);
  return {
    ...one,
    lets: one.lets.map((node) => ({ ...node, value: sayable(node.value) })),
    blocks: one.blocks.map((node) => ({
      ...node,
      parameters: node.parameters.map(({ name, value }) => ({ name, ...(value && { value: sayable(value) }) })),
      annotations: methods(node.annotations),
      body: node.body.map(sayableStatement),
    })),
    ...(one.model && {
      model: { ...one.model, annotations: methods(one.model.annotations), body: one.model.body.map(sayableStatement) },
    }),
    entries: one.entries.map((node) => ({ ...node, value: sayable(node.value, true) })),
  };
}

test('any document that YAML can say is said, and comes back', () => {
  let said = 0;
  let tried = 0;
  fc.assert(
    fc.property(document, (random) => {
      tried++;
      const before = readAs('a.dn', printDocument(sayableDocument(random)));
      let yaml: string;
      try {
        yaml = writeYaml(before);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return;
      }
      const reports = new Reports();
      const after = readDocument(new Source('a.yaml', yaml), reports);
      // Maps where calls are expected, and calls where maps are: `dnc convert` refuses these.
      if (reports.failed || difference(before, after) !== undefined) return;
      said++;
      const back = writeDn(after);
      expect(difference(before, readAs('b.dn', back))).toBeUndefined();
      expect(format(back)).toBe(back);
      // Where lines are near their limit the layout may differ once; what is said does not.
      expect(difference(before, readAs('c.yaml', writeYaml(readAs('b.dn', back))))).toBeUndefined();
    }),
    runs(150),
  );
  expect(said).toBeGreaterThan(tried * 0.4);
});
