import { describe, expect, test } from 'vitest';
import { difference } from '../../src/dsl/compare.js';
import { format } from '../../src/dsl/format.js';
import { fixtures, readWell } from './specs.js';

const comments = (text: string) => [...text.matchAll(/#[^\n]*/g)].map(([one]) => one.trimEnd());

describe('the specs of the definition', () => {
  test.each(fixtures)('%s: same document, same comments, stable', (_, text) => {
    const once = format(text);
    expect(difference(readWell(text), readWell(once))).toBeUndefined();
    expect(comments(once)).toEqual(comments(text));
    expect(format(once)).toBe(once);
  });

  test.each(fixtures.filter(([name]) => name !== 'every-production.dn'))('%s stands as it is written', (_, text) => {
    expect(format(text)).toBe(text);
  });
});

test.each([
  ['blanks', 'let  a=3*( b+1 )-  -2', 'let a = 3 * (b + 1) - -2\n'],
  ['calls', 'let a=f ( 1 ,b :2 , [ 3,4 ] , c )', 'let a = f(1, b: 2, [3, 4], c)\n'],
  ['ranges', 'let a = 1 .. 2 * b', 'let a = 1..2 * b\n'],
  ['braces', 'train{a:1;b { }\n}', 'train { a: 1; b { }\n}\n'],
  ['indentation', 'model M{\nrepeat (2){\n   Dense(3)\n  }}\n', 'model M {\n  repeat (2) {\n    Dense(3)\n  } }\n'],
  ['annotations', 'model M @ l1(1) {\nDense(3)  @l1(1)   @l2\n}', 'model M @l1(1) {\n  Dense(3)  @l1(1)   @l2\n}\n'],
  [
    'continued lines',
    'model M\n@l1\n{\na =\nDense(3)\n<- b,\nc\n}',
    'model M\n  @l1\n{\n  a =\n    Dense(3)\n    <- b,\n    c\n}\n',
  ],
  ['lists over lines', 'let a = f(\n[\n1,\n2 ,\n],\n)', 'let a = f(\n  [\n    1,\n    2,\n  ],\n)\n'],
  ['idle signs', 'train { ; a: 1,; b: [1, 2,] ; }\n;\nlet a = 3;\n', 'train { a: 1,; b: [1, 2] }\nlet a = 3\n'],
  [
    'empty lines',
    '\n\nlet a = 1\n\n\n\ntrain {\n\n  a: 1\n\n\n  b: 2\n\n}\n\n',
    'let a = 1\n\ntrain {\n  a: 1\n\n  b: 2\n}\n',
  ],
  [
    'comments',
    '#a\nlet a = 1 # b  \n  # c\ntrain { # d\n# e\na: 1\n# f\n}\n#',
    '#a\nlet a = 1  # b\n# c\ntrain {  # d\n  # e\n  a: 1\n  # f\n}\n#\n',
  ],
  ['a byte-order mark', '\ufefflet a = 1', 'let a = 1\n'],
  ['CRLF', 'let  a = 1\r\n# b\r\n\r\n\r\nlet b = 2', 'let a = 1\r\n# b\r\n\r\nlet b = 2\r\n'],
  ['tabs', 'train {\n\ta:\t1\t# b\n}', 'train {\n  a:  1   # b\n}\n'],
  ['signs at line ends', 'let a = 1 +\n2', 'let a = 1 +\n  2\n'],
  ['minus in lists', 'let a = [-1,\n-2, - 3]', 'let a = [-1,\n  -2, -3]\n'],
  ['nothing', '', ''],
  ['only blanks', ' \n\n ', ''],
])('%s', (_, text, expected) => {
  expect(format(text)).toBe(expected);
  expect(format(expected)).toBe(expected);
  expect(difference(readWell(text), readWell(expected))).toBeUndefined();
});

test('columns stand where they stood', () => {
  const text = 'model M {\n    a    = Dense(3,b:1)      @l1   # one\n    long = Dense(3, b: 1)    @l2   # two\n}\n';
  const expected = 'model M {\n  a    = Dense(3, b: 1)    @l1   # one\n  long = Dense(3, b: 1)    @l2   # two\n}\n';
  expect(format(text)).toBe(expected);
});

test('a line that grows keeps two blanks before its comment', () => {
  expect(format('let a = f(1,2,3,4,5,6)  # c\n')).toBe('let a = f(1, 2, 3, 4, 5, 6)  # c\n');
});

test('a text with errors comes back as it is', () => {
  const text = 'let   a = .5\n';
  expect(format(text)).toBe(text);
});
