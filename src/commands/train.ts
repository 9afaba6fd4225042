import { existsSync } from 'node:fs';
import {
  type Command,
  dataFolderOption,
  listOption,
  refuseFixed,
  sharedOptions,
  textOption,
  wholeNumber,
} from './command.js';
import { runOptionList } from './run-options.js';
import { currentSpec } from './current-spec.js';
import { readSpec } from './spec-file.js';

export const train: Command = {
  name: 'train',
  summary: 'Trains a spec, simplifies it, and writes the smaller spec with its weights into a run folder.',
  parameters: '[spec]',
  options: [
    sharedOptions.set,
    sharedOptions.dataDir,
    sharedOptions.acceptChangedData,
    sharedOptions.engine,
    ...runOptionList,
    { flags: '--resume <run>', description: 'go on with a run that was stopped' },
    { flags: '--out <folder>', description: "the run's folder (default: runs/<name>/<time>-<hash> beside the spec)" },
    { flags: '--from-scratch', description: 'ignore the weights that the spec names' },
    {
      flags: '--no-models',
      description: 'write no ONNX and TensorFlow.js models, neither of the spec nor of the result',
    },
    { flags: '--diff', description: 'show at the end what changed, in the text and in the network' },
    sharedOptions.json,
  ],
  examples: [
    'dnc train',
    'dnc train specs/lenet-300-100.dn --data-dir data',
    'dnc train net.dn --set train.epochs=5 --engine tfjs-wasm',
    'dnc train --resume runs/net/latest',
  ],
  run: async ({ parameters: [given], options, io }) => {
    const { runOptions, stoppable } = await import('./run-options.js');
    const { resumeRun, startRun } = await import('../runtime/run/run.js');
    const { isFinished, resultJson } = await import('../runtime/simplify/result.js');
    const { resultText } = await import('../reports/result.js');
    const resume = textOption(options, 'resume');
    let work: (stopping: { signal: NodeJS.Signals | undefined }) => ReturnType<typeof startRun>;
    if (resume !== undefined) {
      refuseFixed('run', {
        'a spec': given,
        '--set': listOption(options, 'set').length > 0 || undefined,
        '--engine': options.engine,
        '--threads': options.threads,
        '--no-update-pass': options.updatePass === false || undefined,
        '--from-scratch': options.fromScratch,
        '--accept-changed-data': options.acceptChangedData,
        '--out': options.out,
      });
      const { theRun } = await import('./run-place.js');
      theRun(resume, 'dnc train --resume');
      if (isFinished(resume)) {
        const { completeExport } = await import('../exporters/compile-to-folder.js');
        const { RunFolder } = await import('../runtime/run/run-folder.js');
        const written = options.models === false ? undefined : await completeExport(new RunFolder(resume));
        io.note(`${resume} came to its end already${written === undefined ? '' : `; wrote its models: ${written}`}\n`);
        return 0;
      }
      work = (stopping) =>
        resumeRun(resume, { ...runOptions(options, io, stopping), dataFolder: dataFolderOption(options) });
    } else {
      const { aboutModels, compileIfNeeded } = await import('../exporters/compile-to-folder.js');
      const { file, sets } = await currentSpec(given, options, io, 'train');
      const source = readSpec(file);
      const { render } = await import('../diagnostics/render.js');
      const fromScratch = options.fromScratch === true;
      const dataFolder = dataFolderOption(options);
      // Values that are set for one training are not what the next command without a name takes.
      const compiling = { fromScratch, dataFolder, isLast: false };
      const found = options.models === false ? [] : await compileIfNeeded(source, file, sets, compiling);
      // Which models there are is told at the end, of those with the trained weights.
      const warnings = found.filter(({ code }) => !aboutModels.includes(code));
      if (warnings.length > 0) io.note(render(warnings, { color: io.colour }));
      work = (stopping) =>
        startRun({
          ...runOptions(options, io, stopping),
          specFile: file,
          source,
          sets,
          dataFolder: dataFolderOption(options),
          fromScratch,
          acceptChangedData: options.acceptChangedData === true,
          out: textOption(options, 'out'),
        });
    }
    const { end, exit } = await stoppable(io, work, wholeNumber(options, 'stopAfterEpochs', 1));
    io.status('');
    if (!end.result) return exit;
    const { render } = await import('../diagnostics/render.js');
    if (end.result.warnings.length > 0) io.note(render(end.result.warnings, { color: io.colour }));
    let models: { readonly told: string } | undefined;
    if (options.models !== false) {
      const { exportResult } = await import('../exporters/compile-to-folder.js');
      const { spec: smaller } = end.result.files;
      const { warnings, told } = await exportResult(readSpec(smaller), smaller, dataFolderOption(options));
      if (warnings.length > 0)
        io.note(`${end.result.warnings.length > 0 ? '\n' : ''}${render(warnings, { color: io.colour })}`);
      models = { told };
    }
    if (options.json) io.out(`${JSON.stringify({ folder: end.folder, ...resultJson(end.result) }, undefined, 2)}\n`);
    else {
      io.out(resultText(end.result));
      if (models) io.note(`${models.told}\n`);
    }
    if (options.diff && !options.json) {
      const { diffFiles } = await import('../reports/diff-files.js');
      const { diffText } = await import('../reports/diff-as-text.js');
      const { textDiff } = await import('../reports/text-diff.js');
      const { original, specFile, spec } = end.result.files;
      // Paths in the spec are relative to where it lies; its copy in the run serves where that one is gone.
      const before = existsSync(specFile) ? specFile : original;
      io.out(`\n${textDiff(original, spec)}\n${diffText(diffFiles(before, spec))}`);
    }
    return exit;
  },
};
