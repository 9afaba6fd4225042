import { type Command, sharedOptions } from './command.js';
import { currentSpec } from './current-spec.js';

export const evaluate: Command = {
  name: 'eval',
  summary: 'Evaluates a spec with its weights on rows of its data: loss and metrics.',
  parameters: '[spec]',
  options: [
    { flags: '--split <name>', description: 'test (default), validation or train' },
    sharedOptions.set,
    sharedOptions.dataDir,
    sharedOptions.acceptChangedData,
    sharedOptions.engine,
    sharedOptions.threads,
    sharedOptions.json,
  ],
  examples: ['dnc eval runs/net/latest/net.min.dn', 'dnc eval net.min.dn --split validation --json'],
  run: async ({ parameters: [spec], options, io }) => {
    const { evaluateSpec } = await import('../runtime/spec/evaluate-spec.js');
    const { evaluateOptions } = await import('./evaluate-options.js');
    const asked = evaluateOptions(await currentSpec(spec, options, io, 'eval'), options);
    const { file, split } = asked;
    const score = await evaluateSpec({ ...asked, note: (text) => io.note(text) });
    if (options.json) io.out(`${JSON.stringify({ format: 1, file, split, ...score }, undefined, 2)}\n`);
    else {
      io.out(`${split}: ${score.rows.toLocaleString('en')} rows\n`);
      const { lossesByName } = await import('../reports/measures.js');
      const measures = { loss: score.loss, ...lossesByName(score.losses), ...score.metrics };
      const width = Math.max(12, ...Object.keys(measures).map(({ length }) => length));
      for (const [name, value] of Object.entries(measures)) {
        const error = score.standardErrors[name];
        io.out(
          `${name.padEnd(width)} ${Number(value.toPrecision(6))}${error === undefined ? '' : ` ± ${Number(error.toPrecision(2))}`}\n`,
        );
      }
    }
    return 0;
  },
};
