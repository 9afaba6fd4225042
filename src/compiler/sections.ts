import { callOf, type Kind, numberOrCallOf, type Static, type TSchema, Type } from '../ir/kind.js';
import type { ClassWeight } from './spec.js';

/** A section of a spec. Its keys are its schema's properties. */
export interface SectionKind extends Kind {
  /** Keys that the language has and this version does not: refused with a word on that, and not in help. */
  readonly later: readonly string[];
  /** What any other key takes, where keys are free beside those of the schema. */
  readonly free?: TSchema;
  /** Whether the word `off` in place of its keys leaves it out. */
  readonly off?: true;
  /** How it is written; `dnc help` prints it and a test compiles it. */
  readonly example: string;
}

const inputs = Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1 }), { minItems: 1, oneOrList: true }), {
  description:
    'Which fields an input reads: `inputs { image: pixels }`. Absent: by name, a lone input all that is no target.',
});

const augmentations = Type.Array(callOf('augmentation', { description: 'A change of pictures.' }), { minItems: 1 });

export const data = {
  keyword: 'data',
  summary: 'Where the rows come from and which of them are held out.',
  schema: Type.Object({
    source: callOf('source', { description: 'The data source.' }),
    validation: Type.Optional(
      callOf('split', {
        off: true,
        description:
          'Rows held out for validation: a count, a share (15%), first(n), last(n), fold(k, of: n), or a source of their own. Absent: none.',
      }),
    ),
    test: Type.Optional(
      callOf('split', {
        off: true,
        description: "Rows held out for testing, written like `validation`. Absent: the source's own test rows.",
      }),
    ),
    train: Type.Optional(
      callOf('split', {
        off: true,
        description:
          'Rows to train on of those that are left, for a quick look or a learning curve: a count, a share of all training rows of the source (10%), first(n) or last(n). Rows held out are the same with and without it. Absent: all of them.',
      }),
    ),
    seed: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 0xffffffff,
      description: 'Seed of the split; apart from `train.seed`, so that several seeds share a split.',
    }),
    inputs: Type.Optional(inputs),
    target: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })], {
        description:
          "The field to predict, by its name, or by its number for a column of a table. Absent: the source's own target.",
      }),
    ),
    targets: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })]), {
        minProperties: 1,
        description:
          'The field that each output is to predict, written like `target`: `targets { price: sold_for; kind: kind }`. Absent: by name.',
      }),
    ),
    columns: Type.Optional(
      Type.Record(Type.String(), callOf('column', { description: 'How a column is read.' }), {
        description:
          'How columns of a table are read: `columns { region: one_hot; zip: skip }`. Absent: numbers where all cells are numbers, else categories, or classes for the target.',
      }),
    ),
    missing: Type.Optional(
      Type.Union([Type.Number(), ...['error', 'drop', 'mean', 'median'].map((word) => Type.Literal(word))], {
        absent: 'error',
        description:
          'What happens to missing cells of columns of numbers, unless `columns` says otherwise: an error, the row is dropped (this holds for all columns), or they are filled with the mean or median of the training rows, or with a number.',
      }),
    ),
    standardize: Type.Optional(
      Type.Boolean({
        absent: 'false',
        description:
          'Whether the numbers that inputs read get mean 0 and standard deviation 1. Both are learned from the training rows and kept with the weights.',
      }),
    ),
    window: Type.Optional(
      Type.Object(
        {
          length: Type.Integer({ minimum: 1, maximum: 1e6, description: 'Rows in a window.' }),
          horizon: Type.Integer({
            default: 1,
            minimum: 0,
            maximum: 1e6,
            description:
              'How many rows behind the last of the window the one is that is to be predicted. 0: the last itself, whose target no input then reads.',
          }),
          stride: Type.Integer({
            default: 1,
            minimum: 1,
            maximum: 1e6,
            description: 'Rows from the first of one window to the first of the next.',
          }),
        },
        {
          additionalProperties: false,
          off: true,
          description:
            'Makes windows of the rows of a table that is ordered by time: an input reads `length` rows, [length, features], with the past of the target among them, and the target is that of the row `horizon` behind the last: `window { length: 24; horizon: 1 }`. Keys: length, horizon (1), stride (1). Parts are stretches of time, the later ones held out, and no window reaches over their border. Absent: every row stands alone.',
        },
      ),
    ),
    augment: Type.Optional(
      Type.Union([augmentations, Type.Record(Type.String(), augmentations)], {
        off: true,
        description:
          'What happens to the pictures that training reads, one after the other: `augment: [shift(4), flip(horizontal)]`, or for several inputs a list for each, `augment { photo: [shift(4)] }`. Anew in every epoch, from the seed and the row alone; a target that is a picture of the same height and width is moved along. Validation and test rows stay as they are. Absent: nothing.',
      }),
    ),
  }),
  later: [],
  example: 'data { source: mnist; validation: 5000 }',
} as const satisfies SectionKind;

/** What `class_weight` may be as it is written. */
type WrittenClassWeight = ClassWeight | 'off' | Readonly<Record<string, ClassWeight | 'off'>>;

const weight = { type: 'number', minimum: 0 };
const classWeightForms = [
  { type: 'string', const: 'balanced' },
  { type: 'string', const: 'off' },
  { type: 'array', items: weight, minItems: 1 },
];
const classWeightMap = { type: 'object', patternProperties: { '^(.*)$': weight }, minProperties: 1 };

/**
 * What a phase, `finetune` and the train section itself may say about one stretch of training. `absent` is what holds where a key is left out; no
 * JSON Schema default, because a phase first takes what its section says.
 */
function stretch(absent: { readonly metrics: string; readonly optimizer: string; readonly batch_size: string }) {
  const metrics = Type.Array(callOf('metric', { description: 'A metric.' }));
  const OFF = Type.Literal('off');
  return {
    loss: Type.Optional(
      callOf('loss', {
        description: 'The loss of a lone output; its mean over the rows is the data term of the objective.',
      }),
    ),
    losses: Type.Optional(
      Type.Record(Type.String(), callOf('loss', { description: 'The loss of an output.' }), {
        minProperties: 1,
        description:
          'The loss of every output, by its name, instead of `loss`: `losses { price: huber; kind: sparse_categorical_crossentropy(from_logits: true) }`. Their sum is the data term of the objective.',
      }),
    ),
    loss_weights: Type.Optional(
      Type.Record(Type.String(), Type.Number({ minimum: 0 }), {
        minProperties: 1,
        description: 'What the loss of an output counts in that sum: `loss_weights { kind: 0.3 }`. Absent: 1 each.',
      }),
    ),
    metrics: Type.Optional(
      Type.Union([metrics, Type.Record(Type.String(), metrics)], {
        absent: absent.metrics,
        description:
          'Metrics that the history shows: a list, or for several outputs a list for each, `metrics { price: [mae]; kind: [accuracy] }`.',
      }),
    ),
    optimizer: Type.Optional(
      callOf('optimizer', {
        absent: absent.optimizer,
        description: 'The optimizer, with its learning rate or schedule.',
      }),
    ),
    batch_size: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_048_576, absent: absent.batch_size, description: 'Rows in one step.' }),
    ),
    clip_value: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0 }), OFF], {
        description: "Every number of a gradient is cut to this size (Keras' clipvalue). Absent, or off: not.",
      }),
    ),
    clip_norm: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0 }), OFF], {
        description:
          "The gradient of every tensor (each kernel, each bias) is scaled down to at most this norm (Keras' clipnorm). Absent, or off: not.",
      }),
    ),
    global_clip_norm: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0 }), OFF], {
        description:
          "All gradients are scaled down together, so that the norm of all is at most this (Keras' global_clipnorm). Absent, or off: not.",
      }),
    ),
    class_weight: Type.Optional(
      Type.Unsafe<WrittenClassWeight>({
        anyOf: [
          ...classWeightForms,
          {
            type: 'object',
            // Weights by class, or for several outputs any of these forms by output.
            patternProperties: { '^(.*)$': { anyOf: [weight, ...classWeightForms, classWeightMap] } },
            minProperties: 1,
          },
        ],
        description:
          'What a row counts in the training loss, by its class: a list (`[1, 1, 2.5]`), a map by the names of classes or by their numbers from 0 (`{ cat: 2.5 }`, `{ "2": 2.5 }`, others 1), or balanced (rows / (classes · rows of the class)); for several outputs one of these by output, `{ kind: balanced }`. Validation and metrics count every row once. Absent, or off: 1 each.',
      }),
    ),
    ema_momentum: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }), OFF], {
        description:
          "A moving average of the weights is kept, of which this share stays at every step, and it is what is validated and saved (Keras' use_ema and ema_momentum). A weight that is 0 has the average 0. Absent, or off: no average.",
      }),
    ),
    early_stopping: Type.Optional(
      Type.Union(
        [
          Type.Object(
            {
              monitor: Type.String({
                default: 'val_loss',
                minLength: 1,
                description:
                  'What must get better: loss, objective or a metric, of several outputs `price_loss` or `price_mae`; on the validation rows with `val_` before it.',
              }),
              patience: Type.Integer({
                counts: 'epochs',
                default: 0,
                minimum: 0,
                description: 'Epochs without getting better after which training stops.',
              }),
              min_delta: Type.Number({
                default: 0,
                minimum: 0,
                description: 'What counts as better: by more than this.',
              }),
              restore_best_weights: Type.Boolean({
                default: false,
                description: 'Whether the weights of the best epoch are taken at the end; else those of the last.',
              }),
              start_from_epoch: Type.Integer({
                counts: 'epochs',
                default: 0,
                minimum: 0,
                description: 'Epochs at the beginning that do not count.',
              }),
            },
            { additionalProperties: false },
          ),
          OFF,
        ],
        {
          description:
            "Ends training when it gets no better (Keras' EarlyStopping): `early_stopping { monitor: val_loss; patience: 5 }`. Keys: monitor (val_loss), patience (0 epochs), min_delta (0), restore_best_weights (false), start_from_epoch (0). Absent, or off: it runs to its end.",
        },
      ),
    ),
    epochs: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1e9,
        counts: 'epochs',
        description: 'Length, in passes over the training rows.',
      }),
    ),
    steps: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1e9,
        counts: 'steps',
        description: 'Length, in steps of one batch; instead of `epochs`.',
      }),
    ),
  };
}

/** What `optimizer` and `batch_size` are where neither a phase nor `train` says. */
export const trainDefaults = { optimizer: 'adam', batch_size: 32 } as const;

const inSection = stretch({
  metrics: '[]',
  optimizer: trainDefaults.optimizer,
  batch_size: String(trainDefaults.batch_size),
});
const inPhase = stretch({ metrics: 'as train', optimizer: 'as train', batch_size: 'as train' });

const laterInTraining = ['steps_per_epoch'] as const;

/** Keys of a stretch of training that say nothing where they are left out. */
export const optionalKeys = [
  'loss_weights',
  'clip_value',
  'clip_norm',
  'global_clip_norm',
  'class_weight',
  'ema_momentum',
  'early_stopping',
] as const;

/** Of these a stretch has at most one; its own takes the place of the section's. */
export const clippingKeys = ['clip_value', 'clip_norm', 'global_clip_norm'] as const;

export const phase = {
  keyword: 'phase',
  summary: 'One stretch of training: any key of `train`, and its own length. What it leaves out is as `train` has it.',
  schema: Type.Object(inPhase),
  later: laterInTraining,
  example:
    'train { loss: mean_squared_error; phases { sparse { epochs: 40 }; polish { epochs: 20; optimizer: sgd(0.01) } } }',
} as const satisfies SectionKind;

export const train = {
  keyword: 'train',
  summary: 'How the network is trained.',
  schema: Type.Object({
    ...inSection,
    seed: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 0xffffffff,
      description: 'Seed of initial weights, order of rows, and dropout.',
    }),
    engine: Type.Optional(
      Type.String({
        minLength: 1,
        absent: "as the user's settings say, else auto",
        description:
          'The engine that runs the spec, in all phases: a name that `dnc engines` lists, in quotes where it has a hyphen. `--engine` says otherwise for one call; `dnc engines --measure net.dn --pin spec` writes the fastest one here.',
      }),
    ),
    phases: Type.Optional(
      Type.Record(Type.String(), phase.schema, {
        minProperties: 1,
        section: 'phase',
        description:
          'Stretches of training, one after the other: `phases { sparse { epochs: 40 }; polish { epochs: 20 } }`.',
      }),
    ),
  }),
  later: laterInTraining,
  example:
    'train { loss: sparse_categorical_crossentropy(from_logits: true)\n  optimizer: adam(1e-3); metrics: [accuracy]; epochs: 20 }',
} as const satisfies SectionKind;

/** What a network may have as a share of what it had before: the keys of `target`, in the order in which they are said. */
export const resources = ['parameters', 'multiply_adds', 'latency'] as const;

const share = (description: string) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, description: `${description}, as a share (10%).` }));

const shares = {
  parameters: share('The most parameters that may be left'),
  multiply_adds: share('The most multiply-adds of a row that may be left'),
  latency: share('The most time that a batch may take, as the latency table has it'),
};

/** What `after` and `patience` are where `every` stands alone. */
export const liveDefaults = { after: 0, patience: 2 } as const;

export const simplify = {
  keyword: 'simplify',
  summary:
    'How the trained network is made smaller. `off` leaves out its threshold, target and fine-tuning; what is exactly dead goes all the same.',
  off: true,
  schema: Type.Object({
    threshold: numberOrCallOf('threshold', {
      default: 0,
      minimum: 0,
      description:
        'Groups whose norm is at most this are cut: a number, weight(t), or auto(tolerance: 0.2%). 0: only what is exactly zero.',
    }),
    target: Type.Optional(
      Type.Object(
        {
          ...shares,
          tolerance: Type.Optional(
            Type.Number({
              minimum: 0,
              off: true,
              absent: 'whatever it costs',
              description:
                'How much the metric may lose on validation data for it, as in auto(…): where that is not enough, the target is missed, and a warning says by how much.',
            }),
          ),
          metric: Type.Optional(
            Type.String({ minLength: 1, description: 'What the tolerance speaks of, as in auto(…).' }),
          ),
          batch_size: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 65_536,
              absent: '1',
              description: 'Rows in the batch whose time `latency` speaks of.',
            }),
          ),
          latency_table: Type.Optional(
            callOf('file', {
              absent: 'measured once, and kept with the run',
              description: 'The table to take times from: the latency.json of a run.',
            }),
          ),
        },
        {
          additionalProperties: false,
          off: true,
          description:
            'Aims at a size instead of a threshold: the smallest threshold on unit norms is taken whose network has at most these shares of what it had, `target { parameters: 10% }`. Keys: parameters, multiply_adds, latency (shares; all that are given must hold), tolerance and metric (as in auto(…)), batch_size (1) and latency_table of `latency`. Absent: the threshold says.',
        },
      ),
    ),
    every: Type.Optional(
      Type.Integer({
        counts: 'epochs',
        minimum: 1,
        maximum: 1e9,
        off: true,
        absent: 'never',
        description:
          'Epochs between two looks for dead units while training goes on: they are removed at once, and training goes on with the smaller network.',
      }),
    ),
    after: Type.Optional(
      Type.Integer({
        counts: 'epochs',
        minimum: 0,
        maximum: 1e9,
        absent: String(liveDefaults.after),
        description: 'Epochs before the first such look.',
      }),
    ),
    patience: Type.Optional(
      Type.Integer({
        counts: 'looks',
        minimum: 1,
        maximum: 1e9,
        absent: String(liveDefaults.patience),
        description: 'In how many looks in a row a unit must have been dead before it goes.',
      }),
    ),
    round_to: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        off: true,
        absent: 'any width',
        description:
          'Widths stay at multiples of this number, or as they were where that is less, for hardware that wants them so: dead units stay as needed, those with the largest norm.',
      }),
    ),
    ranges: Type.Optional(
      Type.Boolean({
        absent: 'false',
        description:
          'Also removes units that are constant for every row that the data section can make, such as a relu that can never fire for pixels from 0 to 1; the certificate names the ranges.',
      }),
    ),
    finetune: Type.Optional(
      Type.Object(inPhase, {
        section: 'phase',
        off: true,
        description: 'Training of the small network after the cut: any key of `train`, and a length.',
      }),
    ),
    distil: Type.Optional(
      Type.Object(
        {
          weight: Type.Number({
            default: 0.5,
            exclusiveMinimum: 0,
            maximum: 1,
            description: 'Share of the objective that is about the teacher; the loss keeps the rest.',
          }),
          temperature: Type.Number({
            default: 4,
            exclusiveMinimum: 0,
            description: 'What logits are divided by, of both networks, before their softmax or sigmoid.',
          }),
        },
        {
          additionalProperties: false,
          off: true,
          description:
            'Fine-tuning then also learns from the network as it was before the cut (Hinton, Vinyals and Dean 2015): `distil { weight: 0.5; temperature: 4 }`. The objective is (1 − weight) · loss + weight · T² · KL(softmax(teacher / T) ‖ softmax(student / T)), with sigmoids where the loss speaks of them, and the mean squared difference of the outputs for other losses. Keys: weight (0.5), temperature (4). Absent: it learns from the targets alone.',
        },
      ),
    ),
  }),
  later: [],
  example: 'simplify { threshold: auto(tolerance: 0.2%); finetune { epochs: 5 } }',
} as const satisfies SectionKind;

/** How `dnc sweep` goes through its space. */
export const strategies = ['grid', 'random', 'halving'] as const;

export const sweep = {
  keyword: 'sweep',
  summary:
    'A search for `dnc sweep`: every other key is an address as `--set` takes it, with the values that are tried: a list, `1..5`, `log(1e-6, 1e-2, 12)`, `uniform(0, 0.5)`. Training alone takes no notice of it.',
  schema: Type.Object({
    strategy: Type.Union(
      strategies.map((word) => Type.Literal(word)),
      {
        default: 'grid',
        description:
          'grid: every combination. random: so many combinations as `trials` says, drawn. halving: all begin, and after a share of the epochs the better half goes on, until one or two have trained to the end.',
      },
    ),
    trials: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        absent: 'every combination',
        description:
          'How many combinations are drawn; each is trained once for every seed or fold among the addresses.',
      }),
    ),
    objective: Type.Optional(
      Type.String({
        minLength: 1,
        absent: "val_ and the last phase's first metric, or val_loss",
        description:
          'What is best, on the validation rows: `val_loss` or a metric (`val_accuracy`), of several outputs `val_price_mae`.',
      }),
    ),
    seed: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 0xffffffff,
      description: 'Seed of what is drawn; apart from `train.seed`.',
    }),
    workers: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1024,
        absent: 'as many as there are cores for',
        description:
          'How many trials are trained at once, at most as many as have cores for their threads. It changes no number.',
      }),
    ),
  }),
  later: [],
  free: Type.Unsafe({
    anyOf: [
      { type: 'array', description: 'The values.' },
      { type: 'object', registry: 'space' },
    ],
    description: 'An address as `--set` takes it (`train.seed`, the name of a `let`), with the values that are tried.',
  }),
  example: 'data { source: mnist; validation: 5000 }\nsweep { train.batch_size: [32, 64, 128]; train.seed: 1..3 }',
} as const satisfies SectionKind;

export const origin = {
  keyword: 'origin',
  summary: 'Written by dnc: what this spec was simplified from.',
  schema: Type.Object({
    spec: callOf('file', { description: 'The spec before.' }),
    threshold: numberOrCallOf('threshold', { minimum: 0, description: 'The threshold that was applied.' }),
    target: Type.Optional(
      Type.Object(shares, {
        additionalProperties: false,
        minProperties: 1,
        description: 'The shares that it was found for: `target { parameters: 0.1 }`. Absent: none was aimed at.',
      }),
    ),
    max_difference: Type.Optional(
      Type.Number({ minimum: 0, description: 'Norm-wise difference of the outputs, from the certificate.' }),
    ),
    within: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'What rows must lie in for the outputs to be the same, in words: a unit went because of ranges that the data section proves. Absent: any rows.',
      }),
    ),
  }),
  later: [],
  example: 'origin { spec: file("net.dn"); threshold: 0.01 }',
} as const satisfies SectionKind;

export const weights = {
  keyword: 'weights',
  summary: 'The weights that training starts from and that `eval` and `predict` use: `weights: file("x.safetensors")`.',
  schema: Type.Object({ file: callOf('file', { description: 'The weights file.' }) }),
  later: [],
  example: 'weights: file("net.safetensors")',
} as const satisfies SectionKind;

/** The sections, by the key at the top of a spec. */
export const sections = { data, train, simplify, sweep, weights, origin } as const satisfies Readonly<
  Record<string, SectionKind>
>;

export type DataValues = Static<typeof data.schema>;
export type TrainValues = Static<typeof train.schema>;
export type PhaseValues = Static<typeof phase.schema>;
export type SimplifyValues = Static<typeof simplify.schema>;
export type SweepValues = Static<typeof sweep.schema>;
export type OriginValues = Static<typeof origin.schema>;
