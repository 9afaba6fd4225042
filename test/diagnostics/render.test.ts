import { expect, test } from 'vitest';
import { place, render, visible } from '../../src/diagnostics/render.js';
import { diagnostic } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';

const find = (source: Source, text: string) => {
  const start = source.text.indexOf(text);
  return { source, start, end: start + text.length };
};
const stray = (source: Source, text: string) =>
  diagnostic('stray-bracket', { bracket: text }, { at: find(source, text) });

test('marks every place with its note, over several files', () => {
  const spec = new Source('a.dn', 'let a = 1\n\n\nlet b = a + a\n');
  const other = new Source('--set', 'b=2');
  const one = diagnostic(
    'written-twice',
    { what: 'let', name: 'a' },
    {
      at: find(spec, 'a + a'),
      label: 'here',
      also: [
        { at: find(spec, 'let b'), note: 'in this one' },
        { at: find(spec, 'a = 1'), note: 'first here' },
        { at: find(other, 'b=2'), note: 'and there' },
      ],
      help: ['leave it out'],
    },
  );
  expect(render([one])).toBe(`error[written-twice]: the let \`a\` is written twice
 --> a.dn:4:9
  |
1 | let a = 1
  |     ----- first here
  :
4 | let b = a + a
  | -----   ^^^^^ here
  | in this one
 ::: --set:1:1
  |
1 | b=2
  | --- and there
  = help: leave it out
`);
});

test('a span over several lines is marked on its first and its last one', () => {
  const source = new Source('a.dn', 'train {\n  epochs: 5\n  }\n');
  const one = diagnostic('called-result', {}, { at: { source, start: 0, end: source.text.length - 1 }, label: 'all' });
  expect(render([one])).toBe(`error[called-result]: a layer reads another one by \`<-\`
 --> a.dn:1:1
  |
1 | train {
  | ^^^^^^^ all
  :
3 |   }
  |   ^
`);
});

test('tabs, wide characters and combining ones hold the marks in place', () => {
  for (const [line, under] of [
    ['\t\tx }', '          ^'],
    ['a\tx }', '      ^'],
    ['"🙂" }', '     ^'],
    ['"漢字" }', '       ^'],
    ['"e\u0301" }', '    ^'],
    ['"👩‍👩‍👧" }', '     ^'],
  ]) {
    const source = new Source('a.dn', line!);
    expect(render([stray(source, '}')]).split('\n')[4]).toBe(`  | ${under}`);
  }
});

test('CRLF and a byte-order mark are not counted', () => {
  const source = new Source('a.dn', '\ufefflet a = 1 }\r\n}\r\n');
  expect(place(find(source, 'let'))).toBe('a.dn:1:1');
  expect(place(find(source, '}'))).toBe('a.dn:1:11');
  expect(render([stray(source, '}')])).toContain('1 | let a = 1 }\n  |           ^\n');
});

test('nothing of a file reaches the terminal as a command', () => {
  const nasty = '\u001b[2J\u0000\u202e\u2066\u009b\ud800\u2028';
  const source = new Source(`${nasty}.dn`, `"${nasty}" }`);
  const one = diagnostic('bad-number', { text: nasty, problem: nasty }, { at: find(source, '}'), help: [nasty] });
  const shown = render([one]);
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cs}\p{Cc}\u2028\u202e\u2066]/u);
  expect(visible('\u0000\u001b\u202e')).toBe('␀␛<U+202E>');
});

test('colour only when asked', () => {
  const source = new Source('a.dn', 'x }');
  expect(render([stray(source, '}')])).not.toContain('\u001b');
  expect(render([stray(source, '}')], { color: true })).toContain('\u001b[1;31merror[stray-bracket]\u001b[0m');
});

test('long lines are cut around the place', () => {
  const source = new Source('a.dn', `${'x'.repeat(500_000)} } ${'y'.repeat(500_000)}`);
  const [, , , line = '', marks = ''] = render([stray(source, '}')]).split('\n');
  expect(line.length).toBeLessThan(180);
  expect(line[marks.indexOf('^')]).toBe('}');
});

test('at most 20 are written out, errors first, and the rest counted', () => {
  const source = new Source('a.dn', 'x }');
  const warning = diagnostic('hidden-direction', { name: 'one' }, { at: find(source, 'x') });
  const shown = render([warning, ...Array.from({ length: 30 }, () => stray(source, '}'))]);
  expect(shown.match(/^error\[/gm)).toHaveLength(20);
  expect(shown).not.toContain('warning[');
  expect(shown).toContain('… and 11 more messages\n\n30 errors, 1 warning\n');
});

test('a place outside of the text, and none at all', () => {
  const source = new Source('a.dn', '');
  expect(render([diagnostic('called-result', {}, { at: { source, start: 0, end: 0 } })])).toContain('--> a.dn:1:1');
  expect(render([diagnostic('called-result', {})])).toBe('error[called-result]: a layer reads another one by `<-`\n');
});

test('a tolerance within chance is one line: it comes with every run on few rows', () => {
  expect(
    render([diagnostic('tolerance-below-noise', { tolerance: '0.5 points', noise: '5.5 points', rows: 1200 })]),
  ).toBe(
    'warning[tolerance-below-noise]: the tolerance, 0.5 points, is within chance on 1,200 validation rows: ± 5.5 points\n',
  );
});
