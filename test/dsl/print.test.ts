import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as build from '../../src/dsl/build.js';
import { difference } from '../../src/dsl/compare.js';
import { format } from '../../src/dsl/format.js';
import { printDocument, printStatement, printValue } from '../../src/dsl/print.js';
import { document } from './arbitrary.js';
import { fixtures, readText, readWell, runs } from './specs.js';

test('what is printed reads back to the same document, and fmt leaves it alone', () => {
  fc.assert(
    fc.property(document, (one) => {
      const text = printDocument(one);
      const { document: again, diagnostics } = readText(text);
      expect(diagnostics.filter((found) => found.severity === 'error').map((found) => found.message)).toEqual([]);
      expect(difference(one, again)).toBeUndefined();
      expect(format(text)).toBe(text);
    }),
    runs(400),
  );
});

test.each(fixtures)('%s prints and reads back', (_, text) => {
  const one = readWell(text);
  const printed = printDocument(one);
  expect(difference(one, readWell(printed))).toBeUndefined();
  expect(printDocument(readWell(printed))).toBe(printed);
});

test('blanks thrown into a text change nothing, and fmt takes them out the same way twice', () => {
  fc.assert(
    fc.property(document, fc.array(fc.tuple(fc.nat(), fc.constantFrom(' ', '  ', '\t', '   '))), (one, blanks) => {
      let text = printDocument(one);
      // Behind a comma, a bracket or a colon, outside of strings, blanks mean nothing.
      for (const [at, blank] of blanks) {
        const places = [...text.matchAll(/"(?:[^"\\]|\\.)*"|[,()[\]:{}]/g)].filter(([sign]) => sign.length === 1);
        const place = places[at % Math.max(1, places.length)];
        if (place) text = text.slice(0, place.index + 1) + blank + text.slice(place.index + 1);
      }
      const once = format(text);
      expect(difference(one, readWellQuietly(once))).toBeUndefined();
      expect(format(once)).toBe(once);
    }),
    runs(150),
  );
});

function readWellQuietly(text: string) {
  const { document: one, diagnostics } = readText(text);
  expect(diagnostics.filter((found) => found.severity === 'error')).toEqual([]);
  return one;
}

test('a printed model', () => {
  const text = `dnc 1

let width = 300

block residual(filters, size: 3) <- x -> y @l2(1e-4) {
  y = Add <- x, conv
}

model Small -> digit  @dropneuron(1e-5) @l1 {
  image = Input(784, keep: [98..101, 104])
  repeat 2 * (width - 298) {
    Dense(width, activation: relu)  @dropneuron(off)
  } with {
    dense_1.units: 3
  }
  digit = Dense(10) <- query: image with {
    a.b: off
  }
}

train {
  loss: mse
  phases {
    warm {
      epochs: 5
    }
  }
  optimizer: adam(1e-3, schedule: { a: 1 })
}

weights: file("a.safetensors", sha256: "9f")
`;
  expect(printDocument(readWell(text))).toBe(text);
});

test('long lists fill lines of 100 columns, long calls get a line an argument', () => {
  const kept = build.runs(Array.from({ length: 400 }, (_, i) => i * 3 + (i % 2)));
  const lines = printValue(kept, { column: 17 }).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(lines[0]).toBe('[');
  expect(lines.at(-1)).toBe(']');
  const call = build.call('f', [build.string('x'.repeat(80))], { keep: build.runs([1, 2, 3, 7, 8, 10]) });
  expect(printStatement(build.layer(call, { names: ['a'], inputs: [{ from: 'b' }] }), '  ')).toBe(
    `a = f(\n    "${'x'.repeat(80)}",\n    keep: [1..3, 7, 8, 10]\n  ) <- b`,
  );
});

test('numbers are made as the language writes them', () => {
  const print = (value: number) => printValue(build.number(value));
  expect([0, 300, 0.001, 1e-7, 1e21, -3, 2 ** 60, -0].map(print)).toEqual([
    '0',
    '300',
    '0.001',
    '1e-7',
    '1e21',
    '-3',
    '1.152921504606847e18',
    '-0',
  ]);
  expect(() => build.number(Number.NaN)).toThrow();
  expect(() => build.positive('0x10')).toThrow();
});

test('strings show what would hide', () => {
  expect(printValue(build.string('\u202e"\n\u2028é🙂\ud800'))).toBe('"\\u202e\\"\\n\\u2028é🙂\\ud800"');
});
