import { code } from '../diagnostic.js';

/** Specs in YAML. */
export const yamlCodes = {
  'yaml-syntax': code<{ problem: string }>({
    severity: 'error',
    message: ({ problem }) => `this is no YAML: ${problem}`,
    explain: `A spec whose file ends in .yaml or .yml is YAML 1.2. Keys of one map stand in one column, items of one list behind dashes in one column, and blanks
indent, not tabs:

    model:
      name: Small
      layers:
        - { name: image, Input: 784 }
        - { name: fc1, Dense: 300, activation: relu }
    train: { loss: mse, epochs: 5 }`,
  }),

  'yaml-call': code<{ text: string }>({
    severity: 'error',
    message: ({ text }) =>
      `YAML cannot read \`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\`: a call with named arguments, or with a comma in brackets, is a map`,
    explain: `In YAML \`: \` and, within brackets, \`,\` separate keys and items, so that a call can only be a plain scalar without them: \`adam(1e-3)\`, \`first(5000)\`. Every
other call is a map: the word holds its positional arguments, other keys are named ones.

| in .dn | in YAML |
| --- | --- |
| \`adam(1e-3, beta_1: 0.8)\` | \`{ adam: 1e-3, beta_1: 0.8 }\` |
| \`adam(learning_rate: 1e-3)\` | \`{ adam: { learning_rate: 1e-3 } }\` |
| \`Conv2D(8, 3, activation: relu)\` | \`{ Conv2D: [8, 3], activation: relu }\` |`,
  }),

  'yaml-feature': code<{ what: string }>({
    severity: 'error',
    message: ({ what }) => `${what} has no place in a spec`,
    explain: `Specs use of YAML what people read at sight: maps, lists, plain and quoted scalars, comments. Anchors, aliases, tags, merge keys, directives, blocks of
text and several documents in a file are refused. A value that is used twice has a name under \`let\`, layers that are used twice are a block:

    let: { width: 300 }
    model:
      name: Small
      layers:
        - { Input: 784 }
        - { Dense: width, activation: relu }
        - { Dense: width }`,
  }),

  'yaml-unsayable': code<{ what: string }>({
    severity: 'error',
    message: ({ what }) => `YAML cannot say ${what}`,
    explain: `Arithmetic is a plain scalar in YAML, as in \`2 * width\`, and a plain scalar holds no \`: \`. Name the part that has one by \`let\` and use its name.`,
  }),

  'not-convertible': code<{ syntax: string }>({
    severity: 'error',
    message: ({ syntax }) => `${syntax} has no way to say this; nothing was written`,
    explain: `\`dnc convert\` reads what it wrote and compares: only the same document is a conversion. In YAML a call is written as a map, and where a spec's own words do not tell
which of the two is meant it is taken for a call: the value of a \`let\` that nothing uses, for example. Take out what is not used, or write the value where it belongs.`,
  }),
};
