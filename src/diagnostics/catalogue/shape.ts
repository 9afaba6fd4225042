import { code } from '../diagnostic.js';

/** What stages 2 to 4 report: wiring, shapes, and whether loss, data and outputs fit each other. */
export const shapeCodes = {
  'no-input': code<{ model: string }>({
    severity: 'error',
    message: ({ model }) => `model ${model} has no Input`,
    explain: 'Every network begins with an Input, which says the shape of one row:\n\n```\nimage = Input(784)\n```',
  }),
  'unknown-layer-name': code<{ name: string }>({
    severity: 'error',
    message: ({ name }) => `no layer is called ${name}`,
    explain: 'After `<-` and in `model … -> outputs` stand names of layers of this model.',
  }),
  'reads-later-layer': code<{ layer: string; name: string }>({
    severity: 'error',
    message: ({ layer, name }) => `${layer} reads ${name}, which comes after it`,
    explain: 'A layer reads layers above it; a circle cannot be computed. Move the layer that is read upwards.',
  }),
  'nothing-above': code<{ layer: string }>({
    severity: 'error',
    message: ({ layer }) => `${layer} reads the layer above it, and there is none`,
    explain: 'A layer without `<-` reads the layer above. Put an Input first.',
  }),
  'input-count': code<{ layer: string; expected: string; found: number }>({
    severity: 'error',
    message: ({ layer, expected, found }) => `${layer} reads ${expected} and was given ${found}`,
    explain: 'How many inputs a layer reads is fixed by its kind: see `dnc help <layer>`.',
  }),
  'unread-layer': code<{ layer: string }>({
    severity: 'error',
    message: ({ layer }) => `nothing reads ${layer}, and it is not an output`,
    explain:
      'A layer that nobody reads would count as part of the interface and could never shrink. Remove it, let another layer read it (`<- name`), or\nmake it an output: `model M -> a, b { … }`.',
  }),
  'shape-mismatch': code<{ layer: string; expected: string; found: string }>({
    severity: 'error',
    message: ({ layer, expected, found }) => `${layer} needs ${expected} and was given ${found}`,
    explain: `The shapes along the network do not fit. \`dnc show --stage dims\` prints the shape of every layer. A layer that changes the shape goes in between: \`Flatten\` makes
one axis of several, \`Reshape\` gives others to the same numbers, and \`return_sequences: true\` lets a recurrent layer give every step.

\`\`\`
image = Input(28, 28, 1)
rows  = Reshape(28, 28)                    # without it LSTM reads 28×28×1, which is no sequence
first = LSTM(32, return_sequences: true)   # without it the next LSTM reads its last state alone
last  = LSTM(32)
\`\`\``,
  }),
  'input-without-shape': code<{ layer: string; source: string }>({
    severity: 'error',
    message: ({ layer, source }) => `${layer} has no shape, and ${source} does not tell it before it is read`,
    explain:
      'An Input without arguments is as wide as its data. Where the data source does not say how wide that is, write the shape: `Input(784)`. A table is read for it where its file is found: beside the spec, or in the folder that `--data-dir` names.',
  }),
  'keep-without-names': code<{ layer: string; source: string }>({
    severity: 'error',
    message: ({ layer, source }) =>
      `\`keep\` of ${layer} names features, and nothing is known of the names in ${source}`,
    explain:
      'Names of features are those of the columns of a table, `area`, or of a category, `region.north`. They are kept in the weights file of a trained spec; without one they come from the table itself, whose file must be found. Features of anything else are told by their indices: `keep: [0..27, 40]`.',
  }),
  'unknown-feature': code<{ layer: string; feature: string; source: string }>({
    severity: 'error',
    message: ({ layer, feature, source }) => `${layer} keeps the feature \`${feature}\`, which ${source} does not have`,
    explain:
      'A column of numbers is one feature of its name, a column of categories has a feature for each that the training rows hold: `region.north`. Names that are no words are quoted: `keep: [area, "region.far north"]`.',
  }),
  'annotation-without-effect': code<{ method: string; layer: string; reason: string }>({
    severity: 'warning',
    message: ({ method, layer, reason }) => `\`@${method}\` does nothing on \`${layer}\`: ${reason}`,
    explain: `Annotations act on kernels that are trained, and on the vectors of embeddings. A layer with \`trainable: false\` keeps its parameters, and a normalization has
none that an annotation could act on. One before the model's brace passes by such layers without a word.`,
  }),
  'forgotten-flatten': code<{ layer: string; shape: string }>({
    severity: 'warning',
    message: ({ layer, shape }) => `${layer} is applied to the last axis only of ${shape}`,
    explain:
      'Dense on an input with several axes works on the last one and keeps the others. For a fully connected layer put Flatten before it, or GlobalAveragePooling2D behind\nconvolutions. Where every place of an image is meant by itself, `Conv2D(10, 1)` computes the same and says so.',
  }),
  'too-many-parameters': code<{ layer: string; found: string; limit: string }>({
    severity: 'error',
    message: ({ layer, found, limit }) => `${layer} would have ${found} parameters; the limit is ${limit}`,
    explain:
      'A network of this size does not fit into the memory that dnc works in, so it is refused before anything is allocated. The environment variable\n`DNC_MAX_PARAMETERS` raises the limit.',
  }),
  'loss-needs-probabilities': code<{ loss: string; activation: string; layer: string }>({
    severity: 'error',
    message: ({ loss, activation, layer }) => `${loss} with from_logits: false needs ${layer} to end in ${activation}`,
    explain:
      'Either the output is a probability (`activation: softmax`), or the loss is told that it is not: `sparse_categorical_crossentropy(from_logits: true)`. dnc computes\nthe loss from logits in both cases.',
  }),
  'loss-takes-logits': code<{ loss: string; activation: string; layer: string }>({
    severity: 'error',
    message: ({ loss, activation, layer }) => `${layer} ends in ${activation}, and ${loss} was told from_logits: true`,
    explain: 'The loss would apply softmax (or sigmoid) a second time. Remove the activation, or `from_logits: true`.',
  }),
  'loss-width': code<{ loss: string; from: string; expected: string; found: string }>({
    severity: 'error',
    message: ({ loss, from, expected, found }) => `${loss} needs ${expected}, and ${from} gives ${found}`,
    explain: 'For classes the output has one unit per class; for real targets it has the shape of the target.',
  }),
  'class-weight-loss': code<{ loss: string; layer: string; because: string }>({
    severity: 'error',
    message: ({ loss, layer, because }) => `class_weight does not fit ${loss} at ${layer}: ${because}`,
    explain:
      'A row is weighted by its class, so the loss must be one of classes: `sparse_categorical_crossentropy`, `categorical_crossentropy`, or `binary_crossentropy` at an output of one unit.\n\n```\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); class_weight: balanced; epochs: 20 }\n```',
  }),
  'class-weight-class': code<{ classes: number; found: string }>({
    severity: 'error',
    message: ({ classes, found }) => `class_weight: the output tells ${classes} classes apart, and here is ${found}`,
    explain:
      'A list has a weight for every class, in their order. A map has names of classes, where they have names, or class numbers, counted from 0; a class that is not in it has the weight 1:\n\n```\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); class_weight { "0": 0.5; "2": 4 }; epochs: 20 }\n```',
  }),
  'schedule-arguments': code<{ schedule: string; problem: string }>({
    severity: 'error',
    message: ({ schedule, problem }) => `${schedule}: ${problem}`,
    explain:
      'The arguments of a schedule must fit each other. `piecewise` has one value more than boundaries, which rise and are all in steps or all in epochs:\n\n```\ntrain { loss: mean_squared_error; epochs: 20; optimizer: sgd(piecewise([10 epochs, 15 epochs], [0.1, 0.01, 0.001])) }\n```',
  }),
  'unknown-monitor': code<{ monitor: string; owner: string }>({
    severity: 'error',
    message: ({ monitor, owner }) => `${owner} looks at \`${monitor}\`, which this training does not compute`,
    explain:
      "It can look at `loss`, at `objective` (the loss with all penalties), and at the metrics of the same stretch of training; with `val_` before the loss or a metric, at those of the validation rows. Of several outputs it is `price_loss` or `price_mae`, the output's name first; `loss` is their sum:\n\n```\ndata { source: mnist; validation: 5000 }\ntrain {\n  loss: sparse_categorical_crossentropy(from_logits: true); metrics: [accuracy]; epochs: 100\n  early_stopping { monitor: val_accuracy; patience: 5; restore_best_weights: true }\n}\n```",
  }),
  'monitor-needs-validation': code<{ monitor: string; owner: string }>({
    severity: 'error',
    message: ({ monitor, owner }) => `${owner} looks at \`${monitor}\`, and no rows are held out for validation`,
    explain:
      'What is learned from says little about what is not. Hold rows out:\n\n```\ndata { source: mnist; validation: 5000 }\n```\n\nor name a quantity of the training rows, such as `monitor: loss`.',
  }),
  'metric-arguments': code<{ metric: string; problem: string }>({
    severity: 'error',
    message: ({ metric, problem }) => `${metric}: ${problem}`,
    explain:
      'Classes are the units of the output, counted from 0:\n\n```\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); metrics: [top_k(3), recall(class_id: 9)]; epochs: 20 }\n```',
  }),
  'initializer-axes': code<{ initializer: string; tensor: string; expected: string; found: number }>({
    severity: 'error',
    message: ({ initializer, tensor, expected, found }) =>
      `${initializer} makes tensors of ${expected} axes, and ${tensor} has ${found}`,
    explain:
      '`identity` makes a matrix and `orthogonal` a matrix or the kernel of a convolution. A bias starts with `zeros`, `constant(0.1)` or another initializer of single numbers.',
  }),
  'metric-target': code<{ metric: string; loss: string; found?: string }>({
    severity: 'error',
    message: ({ metric, loss, found }) =>
      found === undefined
        ? `${metric} compares numbers, and the targets of ${loss} are class numbers`
        : `${metric} compares classes, and the targets are numbers: ${found}`,
    explain:
      'A class number is a name, so its difference to an output means nothing. A price is no class, so that it is right or wrong by one half means nothing: targets that are numbers are read as classes where they are 0 and 1 (for `accuracy` and `top_k` also −1 and 1), or where the loss takes them for probabilities. Use a metric of classes for classes, and one of differences (`mae`, `mse`, `nmse`) for numbers:\n\n```\ntrain { loss: mse; metrics: [mae]; epochs: 20 }\n```\n\nFor classes:\n\n```\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); metrics: [accuracy]; epochs: 20 }\n```',
  }),
  'interfaces-differ': code<{ what: string; before: string; one: string; after: string; other: string }>({
    severity: 'error',
    message: ({ what, before, one, after, other }) =>
      `${before} ${what} ${one}, ${after} ${what} ${other}: there is nothing to compare`,
    explain:
      'Two networks can be run on the same rows, and their outputs compared, where they read the same inputs and give the same outputs. Without `--behaviour`, `dnc diff` compares any two specs.',
  }),
  'not-by-output': code<{ key: string; model: string; outputs: readonly string[] }>({
    severity: 'error',
    message: ({ key, model, outputs }) =>
      `\`${key}\` is for a network with one output, and ${model} has ${outputs.length}: ${outputs.join(', ')}`,
    explain:
      'Each of several outputs is trained for something of its own, by its name. The sum of their losses, each times its weight, is what is made small:\n\n```\ndata { source: csv("houses.csv"); targets { price: sold_for; kind: kind } }\ntrain {\n  losses { price: huber; kind: sparse_categorical_crossentropy(from_logits: true) }\n  loss_weights { kind: 0.3 }; metrics { price: [mae]; kind: [accuracy] }; epochs: 20\n}\n```',
  }),
  'unknown-output': code<{ key: string; name: string; model: string }>({
    severity: 'error',
    message: ({ key, name, model }) => `\`${key}\` names ${name}, which is no output of ${model}`,
    explain:
      'The outputs of a model are those that it names behind `->`, or its last layer:\n\n```\nmodel House -> price, kind { … }\ntrain { losses { price: huber; kind: sparse_categorical_crossentropy(from_logits: true) }; epochs: 20 }\n```',
  }),
  'output-without-loss': code<{ outputs: readonly string[] }>({
    severity: 'error',
    message: ({ outputs }) => `no loss is given for ${outputs.join(' and ')}`,
    explain:
      "Every output of a network is trained, so every one has a loss. One that is not to be learned for a while has the weight 0:\n\n```\ntrain { losses { price: huber; kind: sparse_categorical_crossentropy(from_logits: true) }; loss_weights { kind: 0 }; epochs: 20 }\n```\n\nA layer that is nobody's output is taken out of `model M -> …`.",
  }),
  'not-trainable': code<{ layer: string }>({
    severity: 'error',
    message: ({ layer }) => `no layer with weights lies between the inputs and ${layer}`,
    explain: 'There is nothing to train: the network has no parameters, or none that training moves.',
  }),
  'reweighted-gradient': code<{ method: string }>({
    severity: 'error',
    message: ({ method }) => `@${method} with solver: gradient cannot be reweighted`,
    explain: `
Reweighting changes how far a proximal step moves a group. The gradient solver is the paper's plain penalty, a term of the loss:

\`\`\`
@dropneuron(1e-4, reweighted: true)                      # the proximal solver, reweighted
@dropneuron(1e-4, solver: gradient)                      # the paper's
\`\`\`
`,
  }),
  'method-without-sense': code<{ method: string; reason: string }>({
    severity: 'error',
    message: ({ method, reason }) => `@${method} makes no sense here: ${reason}`,
    explain: `
Every method says in which phases it makes sense, and with which others. One that is dense, then sparse, then dense again has to know which phase is the sparse one:

\`\`\`
fc = Dense(300, activation: relu)  @dsd(0.3, during: sparse)

train {
  loss: sparse_categorical_crossentropy
  phases { dense { epochs: 5 }; sparse { epochs: 5 }; again { epochs: 5 } }
}
\`\`\`
`,
  }),
  'indices-computed': code<{ layer: string; from: string; kind: string }>({
    severity: 'error',
    message: ({ layer, from, kind }) =>
      `${layer} reads whole numbers of the data, as indices; it is given what ${from === kind ? kind : `${from} (${kind})`} computes`,
    explain: `
An Embedding has a vector for every whole number from 0 on. What a layer computes is no such number, and no gradient comes back through an index. Between the Input and the Embedding
may stand layers that hand numbers on as they are: Reshape, Flatten, Permute, Slice, Split, RepeatVector, Concatenate, cropping and padding.

\`\`\`
review = Input(200)
Embedding(10k, 16)
GlobalAveragePooling1D
\`\`\`
`,
  }),
  'rescaled-twice': code<{ layer: string; source: string }>({
    severity: 'warning',
    message: ({ layer, source }) => `${layer} divides by about 255, and ${source} already gives values in [0, 1]`,
    explain:
      'Images arrive as numbers in [0, 1]. Remove the Rescaling, or ask the source for raw values: `mnist(range: 0..255)`.',
  }),
};
