import { code } from '../diagnostic.js';

/** What running a spec reports: files of a run, the run's folder, and training itself. */
export const trainingCodes = {
  'spec-missing': code<{ file: string; reason: string }>({
    severity: 'error',
    exit: 4,
    message: ({ file, reason }) => `cannot read ${file}: ${reason}`,
    explain: 'The spec was not found or cannot be read. `dnc init` writes one to start from.',
  }),
  'no-spec-here': code<{ folder: string }>({
    severity: 'error',
    exit: 4,
    message: ({ folder }) => `there is no spec (.dn, or .yaml with a model) in ${folder}`,
    explain: 'Without a file name, dnc takes the one spec of the current folder. `dnc init` writes one to start from.',
  }),
  'several-specs-here': code<{ folder: string; found: string }>({
    severity: 'error',
    exit: 2,
    message: ({ folder, found }) => `${folder} holds several specs: ${found}`,
    explain:
      'Without a file name, dnc takes what was compiled last in the current folder, or the one spec in it. Where there are several and none was compiled, name one; `dnc compile` is always to be told which.',
  }),
  'cannot-write': code<{ file: string; reason: string }>({
    severity: 'error',
    exit: 5,
    message: ({ file, reason }) => `cannot write ${file}: ${reason}`,
    explain:
      'Nothing that was complete before is lost: files are written beside their place, synced and renamed. Free the space or change the permission, and go on with\n`dnc train --resume <run>`.',
  }),
  'would-overwrite': code<{ file: string }>({
    severity: 'error',
    exit: 5,
    message: ({ file }) => `the result would be written over ${file}, which it is made from`,
    explain:
      'A simplified spec names the one that it came from, so that one is never replaced by it. Give another folder:\n\n```\ndnc simplify net.min.dn --threshold 0.05 --out smaller\n```',
  }),
  'run-exists': code<{ folder: string }>({
    severity: 'error',
    exit: 5,
    message: ({ folder }) => `${folder} holds a run already`,
    explain: 'A run is never written over. Go on with it by `--resume`, or give another folder by `--out`.',
  }),
  'folder-in-use': code<{ folder: string; found: string }>({
    severity: 'error',
    exit: 5,
    message: ({ folder, found }) => `${folder} is no folder of a run: it holds ${found}`,
    explain:
      'A run has a folder of its own, so that nothing of it is mixed up with other files. Name one by `--out` that is empty or not there; without `--out` the run makes one.',
  }),
  'run-locked': code<{ folder: string; process: number }>({
    severity: 'error',
    exit: 5,
    message: ({ folder, process }) => `${folder} is being written by process ${process}`,
    explain:
      'Two processes in one run folder would destroy each other’s files. The lock of a process that is gone is taken over by itself.',
  }),
  'no-run': code<{ folder: string }>({
    severity: 'error',
    exit: 4,
    message: ({ folder }) => `${folder} holds no run`,
    explain:
      '`--resume`, `simplify`, `report` and `runs show` take the folder that `dnc train` wrote: `runs/<name>/<time>-<hash>`, or `runs/<name>/latest`. `report` and `runs show` also take the spec, or a folder with runs below it, for the newest of them.',
  }),
  'run-elsewhere': code<{ folder: string }>({
    severity: 'error',
    exit: 2,
    message: ({ folder }) => `${folder} does not lie in a folder runs/<name>, so it is not removed`,
    explain:
      '`dnc runs rm` removes what `dnc train` made by itself: `runs/<name>/<time>-<hash>`. A run that was written elsewhere by `--out` lies in a folder that you chose; remove it by the means of your system.',
  }),
  'run-damaged': code<{ file: string }>({
    severity: 'error',
    exit: 4,
    message: ({ file }) => `${file} is damaged`,
    explain:
      'A file of the run cannot be understood. Files of a run are written whole or not at all, so something else changed it.',
  }),
  'resume-engine': code<{ recorded: string; found: string }>({
    severity: 'error',
    exit: 6,
    message: ({ recorded, found }) => `the run was made with ${recorded}, and here is ${found}`,
    explain:
      'Going on with another dnc, another engine or version of it, number of threads or other processor features would give other bits than the run that was not stopped. Use the same, or start a new run.',
  }),
  diverged: code<{ what: string; phase: string; epoch: number; step: number }>({
    severity: 'error',
    exit: 7,
    message: ({ what, phase, epoch, step }) =>
      `training diverged: ${what} is not finite at step ${step} of epoch ${epoch} (${phase})`,
    explain:
      'The numbers grew out of bounds. A smaller learning rate is the usual cure; a batch with values far outside [0, 1] is the usual cause. The last checkpoint before it is kept.',
  }),
  'no-validation-data': code<Record<never, never>>({
    severity: 'error',
    exit: 3,
    message: () => 'the threshold is judged on validation data, and there is none',
    explain:
      'The threshold is chosen on rows that were not trained on, and never on the test set:\n\n```\ndata { source: mnist; validation: 5000 }\n```',
  }),
  'no-test-data': code<{ source: string; split: string }>({
    severity: 'error',
    exit: 4,
    message: ({ source, split }) => `${source} has no ${split} rows`,
    explain:
      'Hold some out (`test: 15%` or `validation: 10%` in the data section), or evaluate on another part: `--split test`, `--split validation` or `--split train`.',
  }),
  'no-weights': code<{ file: string }>({
    severity: 'error',
    exit: 4,
    message: ({ file }) => `${file} names no weights`,
    explain: 'eval, predict and simplify need trained weights: give the `.min.dn` of a run, or the run itself.',
  }),
  'weights-missing': code<{ file: string; reason: string }>({
    severity: 'error',
    exit: 4,
    message: ({ file, reason }) => `cannot use the weights ${file}: ${reason}`,
    explain:
      'The `weights:` line of the spec names a file, relative to the spec, and its SHA-256. `--from-scratch` trains without it.',
  }),
  'weights-shape': code<{ tensor: string; expected: string; found: string }>({
    severity: 'error',
    exit: 4,
    message: ({ tensor, expected, found }) =>
      `the weights hold ${tensor} as ${found}, and the spec makes it ${expected}`,
    explain: 'The weights belong to a network of another shape. `--from-scratch` trains without them.',
  }),
  'target-out-of-reach': code<{ wanted: string; left: string; threshold: string }>({
    severity: 'error',
    exit: 3,
    message: ({ wanted, left, threshold }) =>
      `no threshold reaches the target, ${wanted}: the last one that leaves a network, ${threshold}, leaves ${left}`,
    explain: `
Above that threshold an output would no longer depend on any input. What no threshold takes are weights of layers that carry no annotation, output units, and what
\`keep\` lists or \`round_to\` hold. Annotate more layers, train with a stronger penalty, so that units die evenly over the layers, or aim at a larger share. Nothing that was
trained is lost:

\`\`\`
dnc simplify runs/net/latest --set simplify.target.parameters=20%
\`\`\`
`,
  }),
  'target-missed': code<{ wanted: string; left: string; needed: string }>({
    severity: 'warning',
    message: ({ wanted, left, needed }) => `the target is missed: ${left} are left, not ${wanted}; ${needed}`,
    explain: `
The metric on the validation rows would leave the tolerance before the network is that small, so the largest threshold within the tolerance was taken. Allow more, or
train more of the network away first: a stronger penalty, more epochs, fine-tuning.

\`\`\`
simplify { target { parameters: 10%; tolerance: 1% }; finetune { epochs: 10 } }
\`\`\`
`,
  }),
  'much-worse': code<{
    metric: string;
    split: string;
    rows: number;
    before: string;
    after: string;
    finetuned: boolean;
  }>({
    severity: 'warning',
    message: ({ metric, split, rows, before, after, finetuned }) =>
      `the simplified network is much worse than the trained one: on ${rows.toLocaleString('en')} ${split} rows ${metric} was ${before} and is ${after}${finetuned ? ' after fine-tuning' : ''}`,
    explain: `
What was cut was needed. A metric in [0, 1] lost more than two points, any other (losses included) more than a tenth of what it was, and in either case more than the tolerance that the
spec gives and more than twice its standard error on these rows, which is chance. A target without a tolerance, a threshold that is a number and a method that removes a share of the
weights take what they are told to, whatever it costs. Say what it may cost, aim at a larger network, or train what is left once more:

\`\`\`
simplify { target { parameters: 20%; tolerance: 1% }; finetune { epochs: 10 } }
\`\`\`

What was trained is kept in the run: \`dnc simplify runs/net/latest --set 'simplify.target={ parameters: 20%; tolerance: 1% }' --out smaller\` cuts it anew.`,
  }),
  'target-far-from-one': code<{ field: string; mean: string; deviation: string; loss: string }>({
    severity: 'warning',
    message: ({ field, mean, deviation, loss }) =>
      `the target ${field} is far from 1 in the training rows, mean ${mean} and standard deviation ${deviation}, and outputs start near 0: under ${loss} that is a long way`,
    explain: `
Steps of an optimizer move outputs by a little each. A target in the thousands or more is not reached in any number of epochs that is usual, and one loss of its square drowns every penalty. Standardized, it has
mean 0 and standard deviation 1 over the training rows, and predictions and scores are in these units:

\`\`\`
data { source: csv("houses.csv"); target: price; columns { price: number(standardize: true) } }
\`\`\`

\`dnc predict\` gives what the network says in the unit of the file.`,
  }),
  'learned-nothing': code<{
    output: string | undefined;
    metric: string;
    split: string;
    rows: number;
    found: string;
    constant: string;
    as: 'class' | 'mean';
  }>({
    severity: 'warning',
    message: ({ output, metric, split, rows, found, constant, as }) =>
      `training has learned nothing${output === undefined ? '' : ` of ${output}`}: on ${rows.toLocaleString('en')} ${split} rows ${metric} is ${found}, and ${
        as === 'class' ? 'always saying their most frequent class' : 'predicting the mean of their targets'
      } gives ${constant}`,
    explain: `
The network as it was trained, before anything was cut, is no better on the rows held out than a constant: the most frequent class of these rows, or the mean of their targets. Such a network can be cut to
almost nothing, which says nothing of how small one could be that works. The usual causes are a learning rate that is far too large or too small, too few epochs, and numbers far from 1: outputs start near
0, so that a price of 300,000 is many thousand steps away.

\`\`\`
data { source: csv("houses.csv"); target: price; standardize: true; columns { price: number(standardize: true) } }
train { loss: mean_squared_error; optimizer: adam(learning_rate: 0.001); epochs: 50 }
\`\`\`

It is told for accuracy, \`nmse\`, \`mse\` and a mean squared error as the loss, on enough rows, and not where \`class_weight\` gives up accuracy for rare classes.`,
  }),
  'latency-table': code<{ file: string; reason: string }>({
    severity: 'error',
    exit: 4,
    message: ({ file, reason }) => `cannot take times from ${file}: ${reason}`,
    explain: `
\`target { latency: 50% }\` takes times from a table that a run measures once, before anything is cut, and keeps as \`latency.json\`. \`latency_table: file("latency.json")\`
names another one: of a run on other hardware, say. It must hold times for the target's \`batch_size\`, of networks up to the size of this one.`,
  }),
  'tolerance-below-noise': code<{ tolerance: string; noise: string; rows: number }>({
    severity: 'warning',
    message: ({ tolerance, noise, rows }) =>
      `the tolerance, ${tolerance}, is within chance on ${rows.toLocaleString('en')} validation rows: ± ${noise}`,
    explain: `
The threshold is the largest one whose metric stays within the tolerance on the validation rows. With so few rows the metric itself is not known that
exactly (± is twice its standard error), so chance decides where the search ends. Hold out more rows, or allow more:

\`\`\`
data { source: mnist; validation: 10000 }
simplify { threshold: auto(tolerance: 0.5%) }
\`\`\`
`,
  }),
  'no-tfjs-spelling': code<{ what: string }>({
    severity: 'warning',
    message: ({ what }) => `no TensorFlow.js model was written: its format cannot hold ${what}`,
    explain: 'Everything else works as always; only `tfjs/model.json` is missing from the artifact folder.',
  }),
  'tfjs-without-method': code<{ methods: string }>({
    severity: 'warning',
    message: ({ methods }) =>
      `the TensorFlow.js model is without ${methods}: training it there goes on as if that were not written`,
    explain: `
\`tfjs/model.json\` computes what the network computes, with the same weights. What a layer of TensorFlow.js can carry of a sparsity method is a regularizer of its kernel: those of
\`@dropneuron\`, \`@l1\`, \`@l2\` and \`@elastic\` are there. Gates, masks, pruning and groups that hold a bias are no such thing. Train with \`dnc train\`, and take what it leaves to the
browser: there the method has done its work.`,
  }),
} as const;
