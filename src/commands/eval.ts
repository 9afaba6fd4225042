import { availableParallelism } from 'node:os';
import { type Command, listOption, sharedOptions, textOption, UsageError, wholeNumber } from './command.js';
import { readSpec, specFile } from './spec-file.js';

export const evaluate: Command = {
  name: 'eval',
  summary: 'Evaluates a spec with its weights on rows of its data: loss and metrics.',
  parameters: '[spec]',
  options: [
    { flags: '--split <name>', description: 'test (default), validation or train' },
    sharedOptions.set,
    sharedOptions.dataDir,
    sharedOptions.engine,
    sharedOptions.threads,
    sharedOptions.json,
  ],
  examples: ['dnc eval runs/net/latest/net.min.dn', 'dnc eval net.min.dn --split validation --json'],
  run: async ({ parameters: [spec], options, io }) => {
    const { evaluateSpec, SPLITS } = await import('../runtime/evaluate-spec.js');
    const given = textOption(options, 'split') ?? 'test';
    const split = SPLITS.find((one) => one === given);
    if (!split) throw new UsageError(`--split takes test, validation or train, not ${given}`);
    const file = specFile(spec);
    const score = await evaluateSpec({
      file,
      source: readSpec(file),
      sets: listOption(options, 'set'),
      split,
      dataFolder: textOption(options, 'dataDir'),
      engine: textOption(options, 'engine') ?? 'auto',
      engineOptions: { threads: wholeNumber(options, 'threads', 1) ?? availableParallelism() },
    });
    if (options.json) io.out(`${JSON.stringify({ format: 1, file, split, ...score }, undefined, 2)}\n`);
    else {
      io.out(`${split}: ${score.rows.toLocaleString('en')} rows\n`);
      for (const [name, value] of Object.entries({ loss: score.loss, ...score.metrics })) {
        const error = score.standardErrors[name];
        io.out(
          `${name.padEnd(12)} ${Number(value.toPrecision(6))}${error === undefined ? '' : ` ± ${Number(error.toPrecision(2))}`}\n`,
        );
      }
    }
    return 0;
  },
};
