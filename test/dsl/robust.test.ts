import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { render } from '../../src/diagnostics/render.js';
import { Reports } from '../../src/diagnostics/report.js';
import { decode } from '../../src/dsl/decode.js';
import { format } from '../../src/dsl/format.js';
import { lex } from '../../src/dsl/tokens.js';
import { codes, expectPlaced, fixtures, readText, runs } from './specs.js';

/** Reads a text as a user's worst day has it: no throw, no silence, everything placed, and a message can be printed. */
function survive(text: string) {
  const { diagnostics, source, document } = readText(text);
  expectPlaced(diagnostics, source);
  render(diagnostics);
  if (diagnostics.some((one) => one.severity === 'error')) expect(format(text)).toBe(text);
  return { document, diagnostics };
}

test('every prefix of every spec', () => {
  for (const [, text] of fixtures) {
    for (let end = 0; end < text.length; end++) {
      const { diagnostics, source } = readText(text.slice(0, end));
      expectPlaced(diagnostics, source);
    }
  }
});

test('every prefix of bytes, cut inside of characters too', () => {
  const bytes = new TextEncoder().encode('train { a: "🙂é漢" } # é\n');
  for (let end = 0; end <= bytes.length; end++) {
    const reports = new Reports();
    const source = decode('a.dn', bytes.subarray(0, end), reports);
    expectPlaced(reports.all, source);
    readText(source.text);
  }
});

/** Words and signs that mutations put in: those of the language, and those that are none. */
const PIECES = [
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    ';',
    '=',
    '<-',
    '->',
    '@',
    '..',
    '.',
    '+',
    '-',
    '*',
    '/',
    '#',
    '"',
    "'",
    '\n',
    ' ',
  ],
  ...[
    'let',
    'block',
    'model',
    'repeat',
    'with',
    'dnc',
    'true',
    'x',
    'a.b',
    '3',
    '.5',
    '1.',
    '0x1',
    '012',
    '1e999',
    '5k',
    '%',
    '//',
  ],
  ...[
    '\u0000',
    '\ufeff',
    '\r',
    '\u2028',
    '\u202e',
    '🙂',
    '\ud800',
    'é',
    '−',
    '“',
    '`',
    '\\',
    '$',
    '\t',
    '\u00a0',
    '1e',
    '5epochs',
  ],
];

test('mutated specs: no crash, and what does not compile says why', () => {
  const mutation = fc.tuple(
    fc.constantFrom('insert', 'remove', 'replace', 'swap'),
    fc.nat(),
    fc.nat(),
    fc.constantFrom(...PIECES),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...fixtures),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      ([, original], edits) => {
        let text = original;
        for (const [kind, at, length, piece] of edits) {
          const from = at % (text.length + 1);
          const to = Math.min(text.length, from + (length % 8));
          if (kind === 'insert') text = text.slice(0, from) + piece + text.slice(from);
          else if (kind === 'remove') text = text.slice(0, from) + text.slice(to);
          else if (kind === 'replace') text = text.slice(0, from) + piece + text.slice(to);
          else text = text.slice(0, from) + text.slice(to) + text.slice(from, to);
        }
        const { diagnostics } = survive(text);
        if (!diagnostics.some((one) => one.severity === 'error')) {
          const once = format(text);
          expect(format(once)).toBe(once);
        }
      },
    ),
    runs(500),
  );
});

test('token soup and character soup', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }), (pieces) => {
      survive(pieces.join(''));
      survive(pieces.join(' '));
    }),
    runs(500),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      survive(text);
    }),
    runs(500),
  );
});

test('three planted errors give three placed diagnostics', () => {
  const text = `model LeNet {
  image = Input(784)
  fc1   = Dense(300 activation: relu)  @dropneuron(1e-4)
  fc2   = Dense(100, activation=relu)  @dropneuron(1e-4)
  digit = Dense(10)  @dropneuron(1e-4
}

train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  epochs: 60
}
`;
  const { diagnostics } = readText(text);
  expect(diagnostics.map((one) => [one.code, one.at!.source.position(one.at!.start).line])).toEqual([
    ['syntax', 3],
    ['equals-for-colon', 4],
    ['unclosed-bracket', 5],
  ]);
});

describe('nesting', () => {
  const deep = (open: string, depth: number) => `let a = ${open.repeat(depth)}`;
  test.each(['[', '(', '{ a: ', 'f(', '[{a: ('])('%s nested as deep as allowed, and deeper', (open) => {
    for (const depth of [65, 100_000, 1_000_000]) expect(codes(deep(open, depth))).toContain('nested-too-deep');
  });
  test('64 is not too deep', () => {
    expect(codes(`let a = ${'['.repeat(64)}${']'.repeat(64)}`)).toEqual([]);
    expect(codes(`let a = ${'('.repeat(64)}1${')'.repeat(64)}`)).toEqual([]);
    expect(codes(`${'repeat 2 { '.repeat(65)}`)).toEqual(['nested-too-deep']);
  });
  test('brackets hidden in wrong strings do not count, and are not parsed', () => {
    survive(`let a = '"' ${'['.repeat(1000)}`);
    survive(`let a = "\\" ${'['.repeat(1000)}`);
    survive(`// " \n ${'['.repeat(1000)}`);
  });
  test('repeats, signs and sums without brackets', () => {
    survive(`let a = ${'-'.repeat(100_000)}1`);
    survive(`model M { ${'repeat '.repeat(100_000)} }`);
    expect(codes(`let a = ${Array(1001).fill('1').join(' + ')}`)).toEqual(['expression-too-long']);
    expect(codes(`let a = ${Array(1000).fill('1').join(' * ')}`)).toEqual([]);
    expect(codes(`let a = ${Array(200_000).fill('1').join(' - ')}`)).toEqual(['expression-too-long']);
  });
});

describe('long texts of one kind are read in one pass', () => {
  const size = 300_000;
  test.each([
    ['a', 'a'.repeat(size)],
    ['a.', 'a.'.repeat(size / 2)],
    ['1', '1'.repeat(size)],
    ['1.', '1.'.repeat(size / 2)],
    ['1e-', '1e-'.repeat(size / 3)],
    ['1_', '1_'.repeat(size / 2)],
    ['"', '"'.repeat(size)],
    ['"a', `"${'a'.repeat(size)}`],
    ['"\\', `"${'\\'.repeat(size)}`],
    ["'", `'${'\\a'.repeat(size / 2)}`],
    ['/', '/'.repeat(size)],
    ['#', '#'.repeat(size)],
    ['é', 'é'.repeat(size)],
    ['a é', 'aé '.repeat(size / 3)],
    ['a-', 'a-'.repeat(size / 2)],
    ['blanks', ' '.repeat(size)],
    ['newlines', '\n'.repeat(size)],
    ['\\r', '\r'.repeat(size)],
    ['repeat (', `model M {\n${'repeat (\n'.repeat(60)}`],
    ['with', `model M {\n${'a\n with {}\n'.repeat(size / 100)}`],
    ['stray }', '}'.repeat(size / 10)],
    ['stray ) lines', ')\n'.repeat(size / 20)],
  ])('%s', (_, text) => {
    lex(text);
    const { diagnostics, source } = readText(text);
    expectPlaced(diagnostics.slice(0, 100), source);
  });
  test('beyond eight million characters a text is refused', () => {
    expect(codes('#'.repeat(8_000_001))).toEqual(['spec-too-large']);
  });
});

describe('encodings', () => {
  const at = (text: string, code: string) => {
    const { diagnostics } = readText(text);
    const one = diagnostics.find((found) => found.code === code);
    expect(one, `${code} in ${diagnostics.map((found) => found.code)}`).toBeDefined();
    const { line, column } = one!.at!.source.position(one!.at!.start);
    return `${line}:${column}`;
  };
  test.each([
    ['a byte-order mark', '\ufefflet a = .5', 'bad-number', '1:9'],
    ['a byte-order mark inside', 'let \ufeffa = 5', 'bad-character', '1:5'],
    ['CRLF', '# a\r\nlet a = .5\r\n', 'bad-number', '2:9'],
    ['a lone CR', 'let a = 5\rlet b = 5', 'bad-character', '1:10'],
    ['NUL', 'let a = \u00005', 'bad-character', '1:9'],
    ['U+2028', 'let a =\u2028 5', 'bad-character', '1:8'],
    ['a no-break space', 'let a =\u00a05', 'bad-character', '1:8'],
    ['emoji before', 'let a = f("🙂🙂", .5)', 'bad-number', '1:19'],
    ['emoji in a comment', '# 🙂\nlet a = .5', 'bad-number', '2:9'],
    ['combining letters', 'let e\u0301 = 5', 'bad-name', '1:5'],
    ['full-width signs', 'let a（b = 5', 'bad-character', '1:6'],
    ['a direction mark in a comment', 'let a = 1 # \u202e x', 'hidden-direction', '1:13'],
    ['a direction mark in a string', 'let a = "\u2066"', 'hidden-direction', '1:10'],
    ['a replacement character', 'let a = \ufffd', 'bad-character', '1:9'],
  ])('%s', (_, text, code, place) => {
    expect(at(text, code)).toBe(place);
    survive(text);
  });
  test('direction marks in comments and strings are warnings', () => {
    expect(readText('let a = 1 # \u202e').diagnostics.map((one) => one.severity)).toEqual(['warning']);
  });
  test('bytes that are no UTF-8', () => {
    const read = (bytes: number[]) => {
      const reports = new Reports();
      const source = decode('a.dn', new Uint8Array(bytes), reports);
      return [source.text, ...reports.all.map((one) => `${one.message} ${one.at!.start}`)];
    };
    expect(read([0x61, 0x0a, 0x62])).toEqual(['a\nb']);
    expect(read([0xef, 0xbb, 0xbf, 0x61])).toEqual(['\ufeffa']);
    expect(read([0x61, 0xff, 0x62])).toEqual(['a\ufffdb', 'the file is not UTF-8 text 1']);
    expect(read([0xef, 0xbf, 0xbd])).toEqual(['\ufffd']);
    expect(read([0xff, 0xfe, 0x61, 0x00])).toEqual(['', 'the file is not UTF-8 text: it is UTF-16 0']);
    expect(read([0xfe, 0xff, 0x00, 0x61])).toEqual(['', 'the file is not UTF-8 text: it is UTF-16 0']);
  });
});

test('names of Object.prototype are names like others, and nothing reaches it', () => {
  for (const name of [...Object.getOwnPropertyNames(Object.prototype), 'prototype']) {
    const text = `let ${name} = { ${name}: ${name} }\nblock ${name}(${name}) <- x { }\nmodel ${name} {\n  ${name} = Dense(${name}: 3)\n  repeat 2 { ${name} }\n}\n${name} { ${name}: 5 ${name} }\n`;
    expect(codes(text)).toEqual([]);
    expect(codes(`${name}: { x: 1 }`)).toEqual([]);
    expect(codes(`5${name}`)).toHaveLength(2);
  }
  expect(({} as { x?: number }).x).toBeUndefined();
});
