import { Lexer } from 'chevrotain';
import { expect, test } from 'vitest';
import { lex, vocabulary } from '../../src/dsl/tokens.js';
import { seeded } from '../support/random.js';
import { fixtures } from './specs.js';

// Chevrotain's lexer on the same patterns says what the tokens of a text are.
const reference = new Lexer(
  vocabulary.filter(({ PATTERN }) => PATTERN !== Lexer.NA),
  { positionTracking: 'onlyOffset', ensureOptimizations: true },
);

function expectTokens(text: string): void {
  const { tokens, errors } = reference.tokenize(text);
  expect(errors).toEqual([]);
  const expected = tokens
    .filter(({ tokenType }) => tokenType.name !== 'Blank')
    .map(({ tokenType, tokenTypeIdx, image, startOffset }) => [tokenType.name, tokenTypeIdx, image, startOffset]);
  const found = lex(text);
  expect(found.map((one) => [one.tokenType.name, one.tokenTypeIdx, one.image, one.startOffset])).toEqual(expected);
  for (const one of found) expect(text.slice(one.startOffset, one.endOffset! + 1)).toBe(one.image);
}

test('the tokens of specs', () => {
  for (const [, text] of fixtures) expectTokens(text);
});

test('every character begins a token', () => {
  for (let code = 0; code < 0x400; code++)
    for (const rest of ['', 'a', '"']) expectTokens(String.fromCharCode(code) + rest);
  expectTokens('\ud800\uffff🙂');
});

test('signs in any order', () => {
  const random = seeded('tokens');
  const pieces = [
    ...[
      ' ',
      '\t',
      '\n',
      '\r\n',
      '\r',
      '#',
      '//',
      '/',
      '"',
      "'",
      '`',
      '“',
      '”',
      '‘',
      '\\',
      'a',
      'e',
      '.',
      '..',
      '1',
      '%',
      '_',
    ],
    ...['<-', '->', '<', '-', '+', '*', '=', '@', '(', ')', '[', ']', '{', '}', ';', ':', ',', 'é', '\u0000', '🙂'],
  ];
  for (let k = 0; k < 2000; k++)
    expectTokens(Array.from({ length: 1 + random.whole(12) }, () => pieces[random.whole(pieces.length)]).join(''));
});
