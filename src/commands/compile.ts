import { type Command, dataFolderOption, listOption, sharedOptions } from './command.js';
import { readSpec, specFile } from './spec-file.js';

export const compile: Command = {
  name: 'compile',
  summary: 'Compiles a spec: prints its summary, writes build/<name> (resolved spec, TensorFlow.js model, ONNX graph).',
  parameters: '[spec]',
  options: [sharedOptions.set, sharedOptions.dataDir, sharedOptions.json],
  examples: ['dnc compile', 'dnc compile specs/lenet-300-100.dn', 'dnc compile net.dn --set width=500'],
  run: async ({ parameters: [given], options, io }) => {
    const { summarize, summaryText } = await import('../reports/summary.js');
    const { render } = await import('../diagnostics/render.js');
    const { compileToFolder } = await import('../exporters/compile-to-folder.js');
    const file = specFile(given, 'compile');
    const { compiled, folder, warnings } = await compileToFolder(readSpec(file), file, listOption(options, 'set'), {
      dataFolder: dataFolderOption(options),
      withData: true,
    });
    if (warnings.length > 0) io.note(render(warnings, { color: io.colour }));
    if (options.json)
      io.out(`${JSON.stringify({ format: 1, folder, ...summarize(compiled.network) }, undefined, 2)}\n`);
    else {
      io.out(summaryText(compiled.network));
      const held = compiled.spec.weights
        ? `the weights of ${compiled.spec.weights.path}`
        : 'initial, untrained weights';
      io.note(`wrote ${folder} (with ${held})\n`);
    }
    return 0;
  },
};
