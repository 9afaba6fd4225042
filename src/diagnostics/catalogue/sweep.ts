import { code } from '../diagnostic.js';

const example = (text: string): string => `\n\`\`\`\n${text}\n\`\`\`\n`;

/** What `dnc sweep` and the `sweep` section may get wrong. */
export const sweepCodes = {
  'sweep-values': code<{ address: string; reason: string }>({
    severity: 'error',
    message: ({ address, reason }) => `\`${address}\` cannot be swept: ${reason}`,
    explain: `A key of \`sweep\` that is not one of its own is an address, as \`--set\` takes it: the name of a \`let\`, \`train.seed\`, \`model.fc1.units\`. With it stand the
values that are tried: a list of anything, a range of whole numbers, points at equal ratios, or an interval that values are drawn from.
${example(
  'sweep {\n  lambda: log(1e-6, 1e-2, 12)\n  train.batch_size: [32, 64]\n  train.seed: 1..3\n}\n\nsweep { rate: uniform(0, 0.5); strategy: random; trials: 20 }',
)}`,
  }),
  'sweep-plan': code<{ reason: string }>({
    severity: 'error',
    message: ({ reason }) => `this sweep cannot be planned: ${reason}`,
    explain: `A grid tries every combination of the values, so all of them must be listed. Random search draws \`trials\` combinations. Successive halving begins with all of them, or
with \`trials\` that are drawn, and stops the worse half after a share of the epochs; it needs at least two combinations and two epochs, the same for every trial.
${example(
  'sweep { lambda: log(1e-6, 1e-2, 12) }                                  # grid\nsweep { lambda: log(1e-6, 1e-2); strategy: random; trials: 20 }\nsweep { lambda: log(1e-6, 1e-2, 16); strategy: halving }',
)}`,
  }),
  'sweep-needs-validation': code({
    severity: 'error',
    message: () => 'a sweep chooses by validation rows, and the spec holds none out',
    explain: `Choosing among trials by their training rows takes what has learned them by heart; choosing by test rows makes the test say too much: nothing is left then that
tells how good the choice is. So rows are held out that neither trains nor tests.
${example('data { source: mnist; validation: 5000 }\nsweep { lambda: log(1e-6, 1e-2, 12) }')}`,
  }),
  'sweep-objective': code<{ objective: string; reason: string }>({
    severity: 'error',
    message: ({ objective, reason }) => `the sweep's objective \`${objective}\` cannot be used: ${reason}`,
    explain: `The objective is the loss or a metric of the last phase on the validation rows, named with \`val_\` before it, as \`early_stopping\` names it. Test rows choose
nothing.
${example('train { loss: mse; metrics: [mae]; epochs: 20 }\nsweep { lambda: log(1e-6, 1e-2, 12); objective: val_mae }')}`,
  }),
  'no-sweep-section': code<{ file: string }>({
    severity: 'error',
    message: ({ file }) => `${file} says nothing of a sweep`,
    explain: `\`dnc sweep\` takes what it tries from the spec's \`sweep\` section, or from the command line.
${example("sweep { lambda: log(1e-6, 1e-2, 12); train.seed: 1..3 }\n\ndnc sweep net.dn --set 'sweep.lambda=log(1e-6, 1e-2, 12)'")}`,
  }),
  'no-sweep': code<{ folder: string }>({
    severity: 'error',
    message: ({ folder }) => `${folder} holds no sweep`,
    exit: 4,
    explain: `A sweep's folder has a \`sweep.json\`. \`dnc sweep\` makes it under \`sweeps/<name>\` beside the spec, or where \`--out\` says.`,
  }),
  'sweep-exists': code<{ folder: string }>({
    severity: 'error',
    message: ({ folder }) => `${folder} holds a sweep already`,
    exit: 5,
    explain: 'A sweep never writes over another one. Go on with it by `--resume`, or give another folder: `--out`.',
  }),
  'sweep-stopped': code<{ trial: number; reason: string }>({
    severity: 'error',
    message: ({ trial, reason }) => `the sweep stops, since trial ${trial} cannot be trained: ${reason}`,
    exit: 5,
    explain: `What ended this trial would end the others, too: nothing can be written (the disk is full, a folder is read-only, another process writes the run), or the engine is not
there. All trials keep their checkpoints; \`dnc sweep --resume FOLDER\` goes on when that is mended.`,
  }),
  'sweep-changed': code<{ what: string; folder: string }>({
    severity: 'error',
    message: ({ what, folder }) => `${what} is not what the sweep in ${folder} began with`,
    exit: 4,
    explain: `Trials of a sweep are compared with each other, so all of them train the same text with the same version of dnc. The text as it was is kept in the sweep's
folder. Bring it back to go on, or begin another sweep.`,
  }),
};
