import { code } from '../diagnostic.js';

const example = (text: string): string => `\n\`\`\`\n${text}\n\`\`\`\n`;

/** What stage 1 finds where it expands blocks, `repeat`, `with` and `Shared`, and where layers read each other. */
export const blockCodes = {
  'block-name': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `a block cannot be called \`${name}\`: that is a layer`,
    explain: `A statement names a layer or a block by its first word, so a block needs a word of its own. Layers are written in CamelCase, blocks in snake_case.
${example('block conv_bn(filters) { Conv2D(filters, 3); BatchNormalization }')}`,
  }),
  'block-cycle': code<{ names: readonly string[] }>({
    severity: 'error',
    message: ({ names }) =>
      names.length === 1
        ? `the block \`${names[0]}\` uses itself`
        : `these blocks use each other: ${names.join(' -> ')} -> ${names[0]}`,
    explain: `A block is written out wherever it is used, so a use of itself would never end. For the same layers several times there is \`repeat\`.
${example('repeat 3 { residual(16) }')}`,
  }),
  'blocks-too-deep': code<{ deepest: number; most: number }>({
    severity: 'error',
    message: ({ deepest, most }) => `blocks are used within each other ${deepest} deep, and dnc takes ${most}`,
    explain: 'Blocks that use blocks may be 16 deep. Put the layers of some of them where they are used.',
  }),
  'empty-block': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `the block \`${name}\` has no layers`,
    explain: `A block stands for the layers in it.
${example('block head(classes) { Flatten; Dense(classes) }')}`,
  }),
  'unused-block': code<{ name: string }>({
    severity: 'warning',
    message: ({ name }) => `nothing uses the block \`${name}\``,
    explain: 'What is in a block that nothing uses is not in the network, and is not checked.',
  }),
  'unused-parameter': code<{ block: string; name: string }>({
    severity: 'warning',
    message: ({ block, name }) => `nothing in the block \`${block}\` uses its parameter \`${name}\``,
    explain: 'A parameter that nothing uses is often a misspelt word in the block.',
  }),
  'unread-input': code<{ block: string; name: string }>({
    severity: 'warning',
    message: ({ block, name }) => `nothing in the block \`${block}\` reads its input \`${name}\``,
    explain: `The first layer of a block reads the block's first input; the others are read by name.
${example('block join <- left, right { Add <- left, right }')}`,
  }),
  'unknown-path': code<{ path: string; reason: string }>({
    severity: 'error',
    message: ({ path, reason }) => `\`${path}\` hits nothing: ${reason}`,
    explain: `\`with\` changes arguments of layers as they are after blocks and \`repeat\` are written out. Behind a block its paths begin in the block, behind a \`repeat\` with
the names that it gives, and behind a layer they are its arguments. A path that hits nothing is an error, so that a misspelt one does not train the wrong network.
${example('repeat 3 { residual(16) } with { residual_2.conv1.conv.filters: 7 }')}
\`dnc show --stage spec\` prints all names.`,
  }),
  'cannot-take-out': code<{ name: string; reason: string }>({
    severity: 'error',
    message: ({ name, reason }) => `\`${name}\` cannot be taken out: ${reason}`,
    explain: `\`with { name: off }\` leaves out a block use or a layer; what read it then reads what it read. For that it must read one thing and give one.`,
  }),
  'layer-without-value': code<{ name: string; found: string }>({
    severity: 'error',
    message: ({ name, found }) => `\`${name}\` has no value of its own, and this is ${found}`,
    explain: `In a \`with\`, the value of a layer's or a block use's name is \`off\`, which takes it out; everything else is said of arguments.
${example('repeat 3 { residual(16) } with { residual_2: off; residual_3.conv1.conv.filters: 7 }')}`,
  }),
  'several-outputs': code<{ layer: string; outputs: string }>({
    severity: 'error',
    message: ({ layer, outputs }) => `\`${layer}\` has ${outputs}: say which is read`,
    explain: `A layer with several outputs gets a name for each of them, and what reads it names one.
${example('a, b = Split(2)\nDense(10) <- a')}`,
  }),
  'output-count': code<{ layer: string; found: number; names: number }>({
    severity: 'error',
    message: ({ layer, found, names }) =>
      `\`${layer}\` has ${found === 1 ? 'one output' : `${found} outputs`}, and ${names} names stand before \`=\``,
    explain: `Several names before \`=\` are names of a layer's outputs, one each; a layer with one output has one name.
${example('a, b = Split(2)')}`,
  }),
  'unknown-input': code<{ layer: string; name: string }>({
    severity: 'error',
    message: ({ layer, name }) => `\`${layer}\` has no input \`${name}\``,
    explain: `Inputs may be given by name where a layer or a block names them; those without a name come first, in their order.
${example('MultiHeadAttention(4, 16) <- query: x, value: memory')}`,
  }),
  'input-twice': code<{ layer: string; name: string }>({
    severity: 'error',
    message: ({ layer, name }) => `\`${layer}\` is given its input \`${name}\` twice`,
    explain: 'An input without a name takes its name from its place.',
  }),
  'missing-input': code<{ layer: string; name: string }>({
    severity: 'error',
    message: ({ layer, name }) => `\`${layer}\` is not given its input \`${name}\``,
    explain: 'Only the last inputs of a layer may be left out, where it says so: see `dnc help <layer>`.',
  }),
  'nameless-input': code<{ layer: string }>({
    severity: 'error',
    message: ({ layer }) => `an input of \`${layer}\` without a name stands behind one with a name`,
    explain: 'Inputs without names come first, in their order; the rest are `name: layer`.',
  }),
  'shared-what': code<{ reason: string }>({
    severity: 'error',
    message: ({ reason }) => `\`Shared\` takes the name of a layer or of a block use above it: ${reason}`,
    explain: `\`Shared(a)\` is \`a\` once more, with the same weights, on another input. Kind and arguments are those of \`a\`, penalties too.
${example('left  = Input(20); right = Input(20)\na = Dense(5) <- left\nb = Shared(a) <- right')}`,
  }),
};
