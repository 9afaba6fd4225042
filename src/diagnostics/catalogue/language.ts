import { code } from '../diagnostic.js';

/** A text as the user wrote it, between backquotes; long ones are cut. */
function quoted(text: string): string {
  const letters = [...text];
  return `\`${letters.length > 40 ? `${letters.slice(0, 40).join('')}…` : text}\``;
}

/** The language itself: characters, numbers, brackets, statements. What the words mean is `spec.ts`. */
export const languageCodes = {
  syntax: code<{ expected: string; found: string }>({
    severity: 'error',
    message: ({ expected, found }) => `expected ${expected}, found ${found}`,
    explain: `The text does not follow the grammar at the marked place. The rest of the statement is skipped, the next one is read as usual.

A statement is a layer, an entry or a top-level item:

    model Small {
      image = Input(784)
      fc1   = Dense(300, activation: relu)  @dropneuron(1e-4)
    }
    train { loss: mse; epochs: 5 }`,
  }),

  'two-statements': code<{ second: string }>({
    severity: 'error',
    message: ({ second }) => `a second statement starts on this line: ${quoted(second)}`,
    explain: `A statement ends with its line. Two on one line are separated by \`;\`:

    conv1 = Conv2D(8, 3); Activation(relu)`,
  }),

  'bad-number': code<{ text: string; problem: string }>({
    severity: 'error',
    message: ({ text, problem }) => `${quoted(text)} is not a number: ${problem}`,
    explain: `Numbers are decimal: \`300\`, \`0.5\`, \`1e-3\`, \`1_000\`, with a suffix \`10k\` (10,000), \`2M\`, \`1G\` or \`0.2%\` (0.002).

| written | write |
| --- | --- |
| \`.5\` | \`0.5\` |
| \`1.\` | \`1\` |
| \`0x10\` | \`16\` |
| \`012\` | \`12\` |
| \`1e999\` | at most about 1.8e308 |
| \`1e-400\` | \`0\` |`,
  }),

  'bad-name': code<{ text: string; problem: string }>({
    severity: 'error',
    message: ({ text, problem }) => `${quoted(text)} is not a name: ${problem}`,
    explain: `A name is made of the letters A to Z and a to z, digits and \`_\`, and does not start with a digit: \`ResNet_20\`, \`learning_rate\`.
\`true\` and \`false\` are values, so nothing can be named so. Where a thing is named first (a \`let\`, a block, a parameter, an input, the model) the name
has no dots; the layers of an expanded model may have them.`,
  }),

  'bad-quotes': code<{ text: string }>({
    severity: 'error',
    message: ({ text }) => `${quoted(text)}: strings stand in double quotes`,
    explain: `Strings are JSON strings on one line, in double quotes. Words of the language need none:

    Dense(300, activation: relu)
    data { source: csv("houses.csv") }`,
  }),

  'unclosed-string': code({
    severity: 'error',
    message: () => 'this string is not closed on its line',
    explain: `A string starts and ends with \`"\` on one line. A line break in it is written \`\\n\`, a quote \`\\"\`.`,
  }),

  'bad-string': code<{ problem: string }>({
    severity: 'error',
    message: ({ problem }) => `this string cannot be read: ${problem}`,
    explain: `Strings follow JSON: a backslash is written twice (\`"C:\\\\data"\`), a tab \`\\t\`, a line break \`\\n\`, any character \`\\u0041\`.
Paths may be written with \`/\` on every system.`,
  }),

  'bad-character': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `${name} has no meaning here`,
    explain: `Outside of strings and comments a spec is made of ASCII letters, digits, blanks and the signs \`( ) [ ] { } , : ; = @ # . _ + - * / <- -> ..\`.
Other characters often come in by pasting from a web page or a document: typographic quotes, long dashes, no-break spaces.`,
  }),

  'hidden-direction': code<{ name: string }>({
    severity: 'warning',
    message: ({ name }) => `${name} makes editors show this text in another order than dnc reads it`,
    explain: `Characters that change the direction of writing can make a comment look like code and code like a comment. dnc reads the text in the order in which it is
stored. Remove them, or write them in a string as \`\\u202e\`.`,
  }),

  'not-utf-8': code<{ encoding: string }>({
    severity: 'error',
    message: ({ encoding }) => `the file is not UTF-8 text${encoding && `: ${encoding}`}`,
    explain:
      'Specs are UTF-8 text. Save the file with that encoding; `iconv -f utf-16 -t utf-8 old.dn > new.dn` does it on a command line.',
  }),

  'slash-comment': code({
    severity: 'error',
    message: () => 'a comment starts with `#`',
    explain: `Comments run from \`#\` to the end of the line. A text with \`//\` in it, such as an address, is a string:

    data { source: csv("file://houses.csv") }   # in quotes`,
  }),

  'equals-for-colon': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `expected \`:\` after ${quoted(name)}, found \`=\``,
    explain: `\`=\` names a layer or a \`let\`; arguments and entries are written \`name: value\`:

    fc1 = Dense(300, activation: relu)
    train { batch_size: 128 }`,
  }),

  'colon-for-equals': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `expected \`=\` after the layer's name ${quoted(name)}, found \`:\``,
    explain: `A layer is named by \`=\`, an argument by \`:\`:

    fc1 = Dense(300, activation: relu)`,
  }),

  'missing-let': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `a value is named by \`let\`: ${quoted(name)}`,
    explain: `Outside of blocks and the model, \`let\` names a value and \`:\` or \`{ }\` gives a section:

    let width = 300
    train { epochs: 5 }`,
  }),

  'called-result': code({
    severity: 'error',
    message: () => 'a layer reads another one by `<-`',
    explain: `Keras calls a layer with its input: \`Dense(300)(x)\`. Here the layer reads the one above it, or those that \`<-\` names:

    fc1  = Dense(300)
    both = Concatenate <- left, right`,
  }),

  'lonely-with': code({
    severity: 'error',
    message: () => '`with` stands on the line where its layer or repeat ends',
    explain: `\`with\` belongs to the statement before it, and a statement ends with its line:

    repeat 3 { residual(16) } with {
      residual_2.conv1.filters: 11
    }`,
  }),

  'unclosed-bracket': code<{ bracket: string }>({
    severity: 'error',
    message: ({ bracket }) => `this \`${bracket}\` is never closed`,
    explain: `Every \`(\`, \`[\` and \`{\` needs its \`)\`, \`]\` or \`}\`. Where dnc marks the place it guesses from the indentation and from signs that cannot stand inside.`,
  }),

  'stray-bracket': code<{ bracket: string }>({
    severity: 'error',
    message: ({ bracket }) => `nothing is open that this \`${bracket}\` could close`,
    explain: `There is a closing bracket too many, or its opening one is missing.`,
  }),

  'nested-too-deep': code<{ limit: number }>({
    severity: 'error',
    message: ({ limit }) => `brackets are nested more than ${limit} deep`,
    explain: `Brackets may be nested 64 deep. Name an inner value by \`let\`, or a part of the model by \`block\`.`,
  }),

  'expression-too-long': code<{ limit: number }>({
    severity: 'error',
    message: ({ limit }) => `an expression has more than ${limit} terms`,
    explain: `A sum or product may have 1,000 terms. Name a part of it by \`let\`.`,
  }),

  'spec-too-large': code<{ size: string; limit: string }>({
    severity: 'error',
    message: ({ size, limit }) => `a spec of ${size} is beyond the limit of ${limit}`,
    explain: `A spec holds the description of a network, not its data. Long lists of kept inputs can stand in the weights file: \`keep: stored(3000)\`.
Repeated parts can be written once, as \`block\` or \`repeat\`.`,
  }),

  'second-model': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `a second model, ${quoted(name)}: a spec has one`,
    explain: `A spec describes one model. Parts that are used several times are blocks; another model is another file.`,
  }),

  'written-twice': code<{ what: string; name: string }>({
    severity: 'error',
    message: ({ what, name }) => `the ${what} ${quoted(name)} is written twice`,
    explain: `Each section, \`let\`, block, parameter, argument and key is written once in its place, so that no value silently wins over another.`,
  }),

  'language-version': code<{ version: string }>({
    severity: 'error',
    message: ({ version }) => `this spec is written in version ${version} of the language, this dnc reads version 1`,
    explain: `\`dnc 1\` at the top of a spec says which version of the language it is written in. A newer dnc reads newer versions.`,
  }),

  'version-not-first': code({
    severity: 'error',
    message: () => 'the version stands first in the file, once',
    explain: `\`dnc 1\` is the first statement of a spec; only comments may stand above it.`,
  }),
};
