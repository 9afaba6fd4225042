import { describe, expect, test } from 'vitest';
import { Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import type { LayerNode, StatementNode } from '../../src/dsl/document.js';
import { TextEdits } from '../../src/dsl/edit.js';
import { read } from '../../src/dsl/read.js';

function edit(
  text: string,
  work: (edits: TextEdits, find: (part: string, nth?: number) => ReturnType<typeof span>) => void,
): string {
  const source = new Source('a.dn', text);
  const edits = new TextEdits(source);
  work(edits, (part, nth = 0) => span(source, part, nth));
  return edits.apply();
}

function span(source: Source, part: string, nth: number) {
  let start = source.text.indexOf(part);
  for (let i = 0; i < nth; i++) start = source.text.indexOf(part, start + 1);
  if (start < 0) throw new Error(`no ${part}`);
  return { source, start, end: start + part.length };
}

const layers = `model M {
  fc1   = Dense(300, activation: relu)  @dropneuron(1e-4)
  fc2   = Dense(100, activation: relu)  @dropneuron(1e-4)   # second
  digit = Dense(10)                     @dropneuron(1e-4)
}
`;

describe('the column rule', () => {
  test('what a width loses the gap wins', () => {
    expect(
      edit(layers, (edits, find) => {
        edits.replace(find('300'), '102');
        edits.replace(find('100'), '48');
        edits.replace(find('10)'), '9)');
      }),
    ).toBe(`model M {
  fc1   = Dense(102, activation: relu)  @dropneuron(1e-4)
  fc2   = Dense(48, activation: relu)   @dropneuron(1e-4)   # second
  digit = Dense(9)                      @dropneuron(1e-4)
}
`);
  });
  test('a gap keeps two blanks; the next one gives the rest', () => {
    expect(edit('a = Dense(100)   @l1(1)      # c\n', (edits, find) => edits.replace(find('100'), '100, b: 1'))).toBe(
      'a = Dense(100, b: 1)  @l1(1) # c\n'.replace(') #', ')  #'),
    );
    expect(
      edit('a = Dense(100)   @l1(1)         # c\n', (edits, find) => edits.replace(find('100'), '100, b: 1')),
    ).toBe('a = Dense(100, b: 1)  @l1(1)    # c\n');
  });
  test('several edits of a line add up', () => {
    expect(
      edit('a = Dense(100, 200)    @l1(1)\n', (edits, find) => {
        edits.replace(find('200'), '20000');
        edits.replace(find('100'), '1');
        edits.insertAfter(find('100'), '0');
      }),
    ).toBe('a = Dense(10, 20000)   @l1(1)\n');
  });
  test('the next line is not moved', () => {
    expect(edit('a = 1\nb = 2    # c\n', (edits, find) => edits.replace(find('1'), '1000'))).toBe(
      'a = 1000\nb = 2    # c\n',
    );
  });
  test('signs in strings and single blanks are no columns', () => {
    expect(edit('a = 1  "x   # y" @z\n', (edits, find) => edits.replace(find('1'), '100'))).toBe(
      'a = 100  "x   # y" @z\n',
    );
  });
  test('a replacement of several lines moves nothing', () => {
    expect(edit('a = 1    # c\n', (edits, find) => edits.replace(find('1'), '{\n}'))).toBe('a = {\n}    # c\n');
  });
});

describe('removing statements', () => {
  const gone = (text: string, ...parts: string[]) =>
    edit(text, (edits, find) => {
      for (const part of parts) edits.removeStatement(find(part));
    });
  test('with line and comment', () => {
    expect(gone('{\n  a = 1   # c\n  b = 2\n}\n', 'a = 1')).toBe('{\n  b = 2\n}\n');
    expect(gone('{\n  a = 1\n  b = 2', 'b = 2')).toBe('{\n  a = 1\n');
  });
  test('over several lines', () => {
    expect(gone('{\n  a = f(\n    1\n  )  # c\n  b = 2\n}\n', 'a = f(\n    1\n  )')).toBe('{\n  b = 2\n}\n');
  });
  test('comments above stay', () => {
    expect(gone('# above\na = 1\nb = 2\n', 'a = 1')).toBe('# above\nb = 2\n');
  });
  test('beside others', () => {
    expect(gone('  a = 1;     B(relu)   # c\n', 'a = 1')).toBe('  B(relu)              # c\n');
    expect(gone('  a = 1;     B(relu)   # c\n', 'B(relu)')).toBe('  a = 1                # c\n');
    expect(gone('  a; b; c\n', 'b')).toBe('  a; c\n');
    expect(gone('  a; b; c   # d\n', 'a', 'b', 'c')).toBe('');
    expect(gone('  a; b; c\n', 'a', 'c')).toBe('  b\n');
    expect(gone('  a; b;\n', 'b')).toBe('  a\n');
    expect(gone('  a;\n  b\n', 'a')).toBe('  b\n');
  });
  test('in braces on one line', () => {
    expect(gone('m { a; b }\n', 'a')).toBe('m { b }\n');
    expect(gone('m { a; b }\n', 'b')).toBe('m { a }\n');
    expect(gone('x { y }\n', 'y')).toBe('x { }\n');
    expect(gone('train { f: 1, g: 2, h: 3 }\n', 'g: 2')).toBe('train { f: 1, h: 3 }\n');
    expect(gone('train { f: 1\n  g: 2 }\n', 'g: 2')).toBe('train { f: 1\n   }\n');
  });
  test('edits inside go with it', () => {
    expect(
      edit('a = 1\nb = 2\n', (edits, find) => {
        edits.removeStatement(find('a = 1'));
        edits.replace(find('1'), '5');
        edits.insertAfter(find('1'), ' @x');
      }),
    ).toBe('b = 2\n');
  });
  test('or are replaced by others', () => {
    expect(
      edit('{\n  res(3)    # c\n}\n', (edits, find) => edits.replaceStatement(find('res(3)'), ['a = 1', 'b = 2'])),
    ).toBe('{\n  a = 1\n  b = 2    # c\n}\n');
  });
});

test('appending ends the last line first', () => {
  expect(
    edit('a = 1', (edits) => {
      edits.append('let b = [\n  1\n]', { apart: true });
      edits.append('weights: c\n');
    }),
  ).toBe('a = 1\n\nlet b = [\n  1\n]\nweights: c\n');
});

test('a header is written once', () => {
  const write = (text: string) =>
    edit(text, (edits) => edits.header('Simplified by dnc: 5 → 3.', /^# Simplified by dnc/));
  expect(write('# Mine.\na\n')).toBe('# Simplified by dnc: 5 → 3.\n# Mine.\na\n');
  expect(write('# Simplified by dnc: old\n# Mine.\na\n')).toBe('# Simplified by dnc: 5 → 3.\n# Mine.\na\n');
  expect(write('\ufeffa\n')).toBe('\ufeff# Simplified by dnc: 5 → 3.\na\n');
});

test('CRLF texts get CRLF', () => {
  expect(
    edit('a = 1\r\nb\r\n', (edits, find) => {
      edits.header('H');
      edits.replace(find('1'), '{\n}');
      edits.append('c');
    }),
  ).toBe('# H\r\na = {\r\n}\r\nb\r\nc\r\n');
});

test('nothing asked, nothing changed', () => {
  const source = new Source('a.dn', layers);
  const edits = new TextEdits(source);
  edits.replace(span(source, '300', 0), '300');
  expect(edits.empty).toBe(true);
  expect(edits.apply()).toBe(layers);
});

test('insertions at one place keep their order', () => {
  expect(
    edit('ab', (edits) => {
      edits.insert(1, '1');
      edits.insert(1, '2');
    }),
  ).toBe('a12b');
});

test('overlapping replacements are a mistake', () => {
  const overlap = () =>
    edit('abc', (edits, find) => {
      edits.replace(find('ab'), 'x');
      edits.replace(find('bc'), 'y');
    });
  expect(overlap).toThrow('overlap');
  expect(() => new TextEdits(new Source('b', '')).replace(span(new Source('a', 'x'), 'x', 0), 'y')).toThrow(
    'edits of b',
  );
});

describe('statements', () => {
  const text = `model M {
  a = Dense(3)   # first
  Dense(4) <- a  @l1(1)
  repeat 2 { res(4) }; Flatten
  res(5) with { x.units: 3; y { units: 4 } }  # kept
}
`;
  const change = (work: (edits: TextEdits, body: readonly StatementNode[]) => void) => {
    const source = new Source('a.dn', text);
    const edits = new TextEdits(source);
    work(edits, read(source, new Reports()).model!.body);
    return edits.apply().split('\n').slice(1, -2);
  };

  test('get a name and inputs', () => {
    expect(
      change((edits, body) => {
        edits.insertName(body[1] as LayerNode, 'b');
        edits.setInputs(body[1] as LayerNode, ['x', 'query: y']);
        edits.setInputs(body[0] as LayerNode, ['image']);
      }).slice(0, 2),
    ).toEqual(['  a = Dense(3) <- image  # first', '  b = Dense(4) <- x, query: y  @l1(1)']);
  });

  test('say changes on their line, or on lines of their own', () => {
    const long = 'a_very_long_name_of_a_block_use.and_of_a_layer_in_it_that_goes_on.units';
    expect(
      change((edits, body) => {
        edits.setChanges(body[1]!, [['units', '3']]);
        edits.setChanges(body[2]!, [
          ['res_1.a.units', '1'],
          ['res_2', 'off'],
        ]);
        edits.setChanges(body[4]!, [
          ['y.units', '2'],
          ['x.units', '1'],
          ['z.units', '0'],
        ]);
      }),
    ).toEqual([
      '  a = Dense(3)   # first',
      '  Dense(4) <- a  @l1(1) with { units: 3 }',
      '  repeat 2 { res(4) } with {',
      '    res_1.a.units: 1',
      '    res_2: off',
      '  }; Flatten',
      '  res(5) with { x.units: 1; y { units: 2 }; z.units: 0 }  # kept',
    ]);
    expect(change((edits, body) => edits.setChanges(body[4]!, [[long, '2']])).slice(3)).toEqual([
      '  res(5) with {',
      '    x.units: 3',
      '    y { units: 4 }',
      `    ${long}: 2`,
      '  }  # kept',
    ]);
  });
});
