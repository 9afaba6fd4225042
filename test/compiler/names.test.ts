import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeNames } from '../../src/compiler/names.js';
import { Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import { readDocument } from '../../src/compiler/document.js';
import { writeYaml } from '../../src/dsl/yaml/write.js';
import { lower, spec } from './1-spec/harness.js';
import { randomSpec } from './random-blocks.js';

const text = `block lin(n) { Dense(n); Dropout(0.5) }
block deep(n) <- x {
  repeat n { Dense(3) }
  lin(4)
  Add <- x, lin_1
}
${spec('  Input(4)   # pixels\n  Dense(3)\n  repeat 2 { lin(8); e = Dense(2) }\n  repeat 2 { Dropout(0.1) }\n  a, b = Split(2)\n  deep(2) <- a\n  x = deep(1) <- b')}`;

it('writes automatic names out, where they stay what they are', () => {
  expect(
    writeNames(new Source('net.dn', text)).split('\nmodel')[0],
  ).toBe(`block lin(n) { dense_1 = Dense(n); dropout_1 = Dropout(0.5) }
block deep(n) <- x {
  repeat n { dense = Dense(3) }
  lin_1 = lin(4)
  add_1 = Add <- x, lin_1
}`);
  expect(writeNames(new Source('net.dn', text)).split('\nmodel')[1]).toContain(` Net {
  input_1 = Input(4)  # pixels
  dense_1 = Dense(3)
  repeat 2 { lin = lin(8); e = Dense(2) }
  repeat 2 { dropout = Dropout(0.1) }
  a, b = Split(2)
  deep_1 = deep(2) <- a
  x = deep(1) <- b
}`);
});

it('leaves a text with errors alone', () => {
  expect(writeNames(new Source('net.dn', 'model Net { Input(3); Dence(3) }'))).toBe('model Net { Input(3); Dence(3) }');
});

it('changes no network, in neither syntax', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const { text: random } = randomSpec(seed);
      const named = writeNames(new Source('net.dn', random));
      expect(lower(named).spec!.hash, named).toBe(lower(random).spec!.hash);
      const reports = new Reports();
      const yaml = writeYaml(readDocument(new Source('net.dn', random), reports));
      const other = readDocument(new Source('net.yaml', writeNames(new Source('net.yaml', yaml))), reports);
      reports.throwIfFailed();
      expect(writeYaml(other)).toBe(writeYaml(readDocument(new Source('net.dn', named), reports)));
    }),
    { numRuns: 40 },
  );
});
