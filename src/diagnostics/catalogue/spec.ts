import { code } from '../diagnostic.js';

const example = (text: string): string => `\n\`\`\`\n${text}\n\`\`\`\n`;

/** What stage 1 finds: words, values, names and sections that the schemas do not allow. */
export const specCodes = {
  'not-yet': code<{ what: string }>({
    severity: 'error',
    message: ({ what }) => `this version of dnc does not have ${what} yet`,
    explain: `The language has this, the installed version of dnc does not. It is refused, because a part of a spec that is silently left out would train another
network than the one that is written.`,
  }),
  'missing-model': code({
    severity: 'error',
    message: () => 'the spec has no model',
    explain: `A spec needs one model with at least an \`Input\` and a layer.
${example('model Net {\n  image = Input(784)\n  digit = Dense(10)\n}')}`,
  }),
  'empty-model': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `the model \`${name}\` has no layers`,
    explain: `A model needs at least an \`Input\` and a layer that reads it.
${example('model Net {\n  image = Input(784)\n  digit = Dense(10)\n}')}`,
  }),
  'missing-section': code<{ section: string }>({
    severity: 'error',
    message: ({ section }) => `the spec has no \`${section}\` section`,
    explain: `\`data\` says what is read, \`train\` how long and with which loss. Neither has a default that would suit every network.
${example('data { source: mnist; validation: 5000 }\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 20 }')}`,
  }),
  'unknown-section': code<{ key: string }>({
    severity: 'error',
    message: ({ key }) => `dnc knows no section \`${key}\``,
    explain: `Beside the model and \`let\`s, a spec consists of sections. \`dnc help\` lists them. A key that nothing knows is an error, so that a misspelt one is not
silently left out.`,
  }),
  'unknown-key': code<{ section: string; key: string }>({
    severity: 'error',
    message: ({ section, key }) => `\`${section}\` has no key \`${key}\``,
    explain: `Every key of a section is in its schema; \`dnc help train\` lists them with their defaults. A key that nothing knows is an error, so that a misspelt one
is not silently left out.
${example('train { batch_size: 64 }        # not batchsize')}`,
  }),
  'missing-key': code<{ section: string; key: string; expected: string }>({
    severity: 'error',
    message: ({ section, key, expected }) => `\`${section}\` needs \`${key}\`: ${expected}`,
    explain: 'The key has no default. `dnc help <section>` says what it takes.',
  }),
  'let-cycle': code<{ names: readonly string[] }>({
    severity: 'error',
    message: ({ names }) =>
      names.length === 1
        ? `\`let ${names[0]}\` is defined by itself`
        : `these \`let\`s are defined by each other: ${names.join(' -> ')} -> ${names[0]}`,
    explain: `The value of a \`let\` may use other \`let\`s, but none that leads back to it.
${example('let width = 300\nlet half = width / 2')}`,
  }),
  'unused-let': code<{ name: string }>({
    severity: 'warning',
    message: ({ name }) => `nothing uses \`let ${name}\``,
    explain: 'A `let` that nothing uses is often a misspelt name somewhere else.',
  }),
  'hidden-word': code<{ name: string; meaning: string }>({
    severity: 'warning',
    message: ({ name, meaning }) => `\`${name}\` is a \`let\` here, and hides ${meaning} of that name`,
    explain: `A bare word is a \`let\` if there is one of that name, else itself. Rename the \`let\` where the other meaning is wanted.
${example('let linear = 30                 # activation: linear now means 30')}`,
  }),
  'value-too-large': code<{ size: number; largest: number; deepest: number }>({
    severity: 'error',
    message: ({ largest, deepest }) => `this value has more than ${largest} parts, or nests deeper than ${deepest}`,
    explain: '`let`s that hold lists of each other grow with every line. No argument needs a value of that size.',
  }),
  'not-finite': code<{ reason: string }>({
    severity: 'error',
    message: ({ reason }) => `this expression has no number as its result: ${reason}`,
    explain:
      'Arithmetic is exact, and its result must be a finite double-precision number. dnc computes with no infinities.',
  }),
  'not-a-number': code<{ found: string }>({
    severity: 'error',
    message: ({ found }) => `arithmetic takes numbers, and this is ${found}`,
    explain: 'Both sides of `+ - * /` must be numbers, or `let`s that stand for numbers.',
  }),
  'word-for-number': code<{ word: string }>({
    severity: 'error',
    message: ({ word }) => `a number is due here, and \`${word}\` is no \`let\``,
    explain: `A bare word is a \`let\` if there is one of that name, else itself. Where only a number makes sense, a word is most often a misspelt \`let\`.
${example('let width = 300\nmodel Net { …; Dense(width) }')}`,
  }),
  'unquoted-hyphen': code<{ text: string; word: string }>({
    severity: 'error',
    message: ({ text, word }) => `\`${text}\` without quotes is a subtraction, and \`${word}\` is no \`let\``,
    explain: `A hyphen between words subtracts one \`let\` from another. A text that has a hyphen stands in quotes:
${example('train { …; engine: "tfjs-wasm" }')}
In a shell the whole value stands in quotes of another kind, as the shell takes the outer ones for itself: \`--set 'train.engine="tfjs-wasm"'\`.`,
  }),
  'unknown-layer': code<{ word: string }>({
    severity: 'error',
    message: ({ word }) => `dnc knows no layer \`${word}\``,
    explain: "Layers have Keras' names, in CamelCase. `dnc help layers` lists those that this version has.",
  }),
  'unknown-annotation': code<{ word: string }>({
    severity: 'error',
    message: ({ word }) => `dnc knows no annotation \`@${word}\``,
    explain: `An annotation names a way of making weights or units zero. \`dnc help annotations\` lists them.
${example('fc1 = Dense(300)  @dropneuron(1e-4)')}`,
  }),
  'unknown-word': code<{ word: string; what: string }>({
    severity: 'error',
    message: ({ word, what }) => `\`${word}\` is not ${what}`,
    explain:
      'Words of the language are in tables: activations, losses, optimizers and so on. `dnc help <word>` describes one.',
  }),
  'unknown-argument': code<{ owner: string; name: string }>({
    severity: 'error',
    message: ({ owner, name }) => `\`${owner}\` has no argument \`${name}\``,
    explain: `Arguments have Keras' names, in snake_case. \`dnc help Dense\` lists those of a layer. An argument that nothing knows is an error, so that a misspelt one
is not silently left out.`,
  }),
  'regularizer-argument': code<{ name: string; method: string }>({
    severity: 'error',
    message: ({ name, method }) => `\`${name}\` is written as an annotation: \`@${method}(…)\` behind the layer`,
    explain: `Keras gives penalties to a layer as arguments; dnc as annotations, which may stand on one layer or before the model's brace for all.
${example('fc1 = Dense(300)  @l2(1e-4)     # not kernel_regularizer: l2(1e-4)')}`,
  }),
  'no-masks': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `\`${name}\`: dnc has no masks of steps`,
    explain: `In Keras a mask travels with a tensor, unseen, and every layer after it decides for itself what to do: an LSTM holds its state, attention leaves steps out, Dense and
Flatten know nothing of it. What such a network computes cannot be read from its text, and what may be removed from it depends on the mask. So there are none
here: pad sequences at their start, so that the last step of an LSTM is the last word, and let the network learn what the padding is, index 0 say, like any other.
${example('tokens = Input(80)\nEmbedding(20k, 64)     # not Embedding(20k, 64, mask_zero: true)\nLSTM(64)')}`,
  }),
  'missing-argument': code<{ owner: string; name: string; expected: string }>({
    severity: 'error',
    message: ({ owner, name, expected }) => `\`${owner}\` needs \`${name}\`: ${expected}`,
    explain: 'The argument has no default. `dnc help <word>` says what it takes.',
  }),
  'missing-one-of': code<{ owner: string; names: readonly string[] }>({
    severity: 'error',
    message: ({ owner, names }) =>
      `\`${owner}\` needs at least one of ${names.map((name) => `\`${name}\``).join(', ')}`,
    explain: 'Each of them may be left out, but without all of them there is nothing to do.',
  }),
  'argument-twice': code<{ owner: string; name: string }>({
    severity: 'error',
    message: ({ owner, name }) => `\`${owner}\` is given \`${name}\` twice`,
    explain: `An argument without a name takes its name from its place.
${example('Dense(300, units: 200)          # 300 is units already')}`,
  }),
  'too-many-arguments': code<{ owner: string; most: number; found: number }>({
    severity: 'error',
    message: ({ owner, most, found }) =>
      `\`${owner}\` takes ${most === 0 ? 'no arguments' : most === 1 ? 'one argument' : `at most ${most} arguments`}, and ${found} are given`,
    explain: 'Arguments without names stand in the order in which `dnc help <word>` lists them.',
  }),
  'positional-after-named': code<{ owner: string }>({
    severity: 'error',
    message: ({ owner }) => `in \`${owner}(…)\` an argument without a name stands behind one with a name`,
    explain: 'Arguments without names come first, in the order of the schema; the rest are `name: value`.',
  }),
  'wrong-type': code<{ owner: string; name: string; expected: string; found: string }>({
    severity: 'error',
    message: ({ owner, name, expected, found }) =>
      `\`${name}\` of \`${owner}\` takes ${expected}, and this is ${found}`,
    explain: 'Every value is checked against the schema of its argument. `dnc help <word>` prints the schema.',
  }),
  'out-of-range': code<{ owner: string; name: string; expected: string; found: string }>({
    severity: 'error',
    message: ({ owner, name, expected, found }) =>
      `\`${name}\` of \`${owner}\` must be ${expected}, and this is ${found}`,
    explain: 'The schema of the argument bounds its value. `dnc help <word>` prints the bounds.',
  }),
  'unit-mismatch': code<{ owner: string; name: string; expected: string; found: string }>({
    severity: 'error',
    message: ({ owner, name, expected, found }) =>
      `\`${name}\` of \`${owner}\` takes ${expected}, and this is ${found}`,
    explain: `A number with a word behind it is a quantity. Times are \`epochs\` or \`steps\`; a bare number for a time means epochs.
${example('train { epochs: 60 }            # or steps: 64k')}`,
  }),
  'index-range': code<{ reason: string }>({
    severity: 'error',
    message: ({ reason }) => `this range cannot be used: ${reason}`,
    explain: 'A range `a..b` includes both ends, which are whole numbers, the smaller one first.',
  }),
  'too-many-units': code<{ layer: string; argument: string; found: string; most: string }>({
    severity: 'error',
    message: ({ layer, argument, found, most }) =>
      `\`${argument}\` of \`${layer}\` asks for ${found} units, and a layer may have at most ${most}`,
    explain: `dnc keeps an identity for every unit and refuses sizes that no machine holds before it reserves memory for them. The limit is raised by the environment
variable \`DNC_MAX_UNITS\`, for example \`DNC_MAX_UNITS=5000000 dnc compile\`.`,
  }),
  'too-many-layers': code<{ found: string; most: string }>({
    severity: 'error',
    message: ({ found, most }) => `the model has ${found} layers, and dnc takes at most ${most}`,
    explain: 'A spec of that length is most often an accident of the program that wrote it.',
  }),
  'duplicate-layer': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `two layers are called \`${name}\``,
    explain: 'A name names one layer: weights, reports and `<-` refer to it.',
  }),
  'automatic-name': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `a layer is called \`${name}\`, which is also the automatic name of a layer without one`,
    explain: `A layer without a name is called after its kind and its place among the layers of that kind, as in Keras: \`dense_2\` is the second Dense. Name that
layer, or rename the other.`,
  }),
  'self-reference': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `\`${name}\` reads itself`,
    explain: `A layer reads the layer above it, or those behind \`<-\`. Layers are not called on values: \`x = Dense(10)(x)\` of Keras is just \`Dense(10)\`.`,
  }),
  'annotation-without-kernel': code<{ method: string; layer: string; kind: string }>({
    severity: 'error',
    message: ({ method, layer, kind }) => `\`@${method}\` cannot act on \`${layer}\`: ${kind} has no weights`,
    explain: `Annotations act on a layer's kernel. Put it on the layer that has the weights, or before the model's brace, where layers without weights are left out.`,
  }),
  'annotation-twice': code<{ method: string }>({
    severity: 'error',
    message: ({ method }) =>
      `\`@${method}\` stands twice in one place, and a method acts with one set of arguments on a layer`,
    explain: `A layer's annotation is merged, argument by argument, with the model's of the same name. Two in one place have no order, and a method keeps what it knows of a kernel, such as masks, gates or counts, once for the whole run:
with two \`during\` it would not be clear whose it is when the next phase begins. One annotation may act in several phases, and another method may stand beside it.
${example('fc1 = Dense(300) @l1(1e-4, during: [warm, sparse]) @dropneuron(1e-3, during: sparse)')}

For another strength of the same method later, train twice: the second spec begins with the first one's weights, \`weights: file("runs/net/latest/trained.safetensors")\`.`,
  }),
  'unknown-phase': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `there is no phase \`${name}\``,
    explain: `\`during\` names phases of \`train { phases { … } }\`, or \`finetune\`, the training after the cut in \`simplify\`. Without \`phases\` there is one, called \`train\`.
${example('model Net @dropneuron(1e-4, during: sparse) { … }\ntrain { phases { sparse { epochs: 40 }; polish { epochs: 20 } } }')}`,
  }),
  'phase-name': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `a phase cannot be called \`${name}\``,
    explain:
      '`finetune` means the training after the cut, in `simplify { finetune { … } }`; a phase has a plain name of letters, digits and `_`.',
  }),
  'two-lengths': code<{ owner: string }>({
    severity: 'error',
    message: ({ owner }) => `\`${owner}\` has both \`epochs\` and \`steps\``,
    explain: 'Training is as long as one of them says. Remove the other.',
  }),
  'two-clippings': code<{ owner: string; keys: readonly string[] }>({
    severity: 'error',
    message: ({ owner, keys }) =>
      `\`${owner}\` clips gradients in ${keys.length} ways: ${keys.map((key) => `\`${key}\``).join(' and ')}`,
    explain: `\`clip_value\` cuts every number of a gradient, \`clip_norm\` scales every tensor, \`global_clip_norm\` all of them together. One of them at a time, as in Keras:\n${example('train { loss: mean_squared_error; epochs: 20; global_clip_norm: 1 }')}`,
  }),
  'two-ways': code<{ owner: string; keys: readonly string[] }>({
    severity: 'error',
    message: ({ owner, keys }) =>
      `\`${owner}\` gives ${keys.map((key) => `\`${key}\``).join(' and ')}, which say the same`,
    explain: `A network with one output has a \`loss\` and a \`target\`; of several outputs each has its own, by name:\n${example('data { source: csv("houses.csv"); targets { price: price; kind: kind } }\ntrain { losses { price: huber; kind: sparse_categorical_crossentropy(from_logits: true) }; epochs: 20 }')}`,
  }),
  'missing-length': code<{ owner: string }>({
    severity: 'error',
    message: ({ owner }) => `\`${owner}\` does not say how long: it needs \`epochs\` or \`steps\``,
    explain: `Training is as long as \`epochs\` or \`steps\` says; there is no default, as nothing fits every task.
${example('train { loss: mean_squared_error; epochs: 20 }')}`,
  }),
  'length-above-phases': code<{ key: string }>({
    severity: 'error',
    message: ({ key }) => `\`${key}\` stands beside \`phases\`: each phase has its own length`,
    explain: 'With `phases`, every phase says its `epochs` or `steps`, and the section none.',
  }),
  'threshold-and-target': code({
    severity: 'error',
    message: () => '`threshold` stands beside `target`, which finds the threshold itself',
    explain: `A \`target\` takes the smallest threshold whose network is small enough, so there is none to give beside it; \`threshold: 0\`, which cuts nothing, may stand.
Where a loss of the metric is to limit it, the target has a tolerance of its own:
${example('simplify { target { parameters: 10%; tolerance: 0.5% } }')}
On the command line one takes the place of the other: \`--threshold 0.05\`, \`--set 'simplify.target={ parameters: 20% }'\`.`,
  }),
  'schedule-unfinished': code<{ method: string; reason: string }>({
    severity: 'warning',
    message: ({ method, reason }) => `@${method} does not come to its end: ${reason}`,
    explain: `What a method does step by step is counted in epochs: of each phase in which it acts, a warm-up over all of them. Where training ends before that, the share that was asked for is not
reached, and nothing else would tell. Without \`end\` the schedules of \`@magnitude\` and \`@prune_large\` go by the length of the phase.
${example('model Net @magnitude(0.5, schedule: linear, end: 10) { … }\ntrain { loss: mse; epochs: 20 }')}`,
  }),
  'threshold-without-effect': code<{ what: 'threshold' | 'target'; reason: string }>({
    severity: 'warning',
    message: ({ what, reason }) => `\`${what}\` has nothing to cut: ${reason}`,
    explain: `A number, \`auto\` and \`target\` cut whole units: columns and rows of kernels whose method has made them small together. \`@l1\`, \`@l2\` and \`@elastic\` make single weights
small; those are cut by \`weight(…)\`, in annotated layers only. Without a threshold what is exactly zero goes all the same.
${example('model Net @dropneuron(1e-4) { … }\nsimplify { threshold: auto(tolerance: 1%) }')}`,
  }),
  'auto-needs-validation': code<{ what: string }>({
    severity: 'error',
    message: ({ what }) => `\`${what}\` needs validation data, and \`data\` holds none out`,
    explain: `The threshold is chosen by a metric on rows that training has not seen. Choosing it on training or test rows would flatter the result.
${example('data { source: mnist; validation: 5000 }')}`,
  }),
  'bad-set': code<{ text: string }>({
    severity: 'error',
    message: ({ text }) => `\`--set ${text}\` is not of the form address=value`,
    explain: `\`--set\` changes a value of the spec for one call: the name of a \`let\`, or an address of parts with dots between them, then \`=\` and the value as the spec
would have it.
${example('dnc train net.dn --set width=500 --set train.batch_size=64 --set model.fc1.units=200')}`,
    exit: 2,
  }),
  'unknown-address': code<{ address: string; reason: string }>({
    severity: 'error',
    message: ({ address, reason }) => `\`--set ${address}\` hits nothing: ${reason}`,
    explain: `An address is the name of a \`let\` (\`width\`), a key of a section (\`train.batch_size\`), or an argument of a layer (\`model.fc1.units\`). One that hits nothing
is an error, so that a misspelt one does not train the wrong network.`,
  }),
};
