import { type Command, sharedOptions, UsageError } from './command.js';

export const engines: Command = {
  name: 'engines',
  summary:
    'Lists the engines: which are ready, why others are not, and what would help. `engines install onnxruntime` fetches one.',
  parameters: '[action] [engine]',
  options: [sharedOptions.json],
  examples: ['dnc engines', 'dnc engines install onnxruntime'],
  run: async ({ parameters: [action, name], options, io }) => {
    if (action !== undefined) {
      if (action !== 'install' || name !== 'onnxruntime')
        throw new UsageError('dnc engines, or dnc engines install onnxruntime');
      const { installOnnxruntime } = await import('../runtime/engines/onnxruntime/install.js');
      io.out(`${await installOnnxruntime((line) => io.note(`${line}\n`))}\n`);
      return 0;
    }
    const { chooseEngine, engines: table } = await import('../runtime/engines/index.js');
    const found = await Promise.all(
      Object.values(table).map(async (engine) => ({
        name: engine.keyword,
        summary: engine.summary,
        ...(await engine.probe()),
      })),
    );
    if (options.json) {
      io.out(`${JSON.stringify({ format: 1, engines: found }, undefined, 2)}\n`);
      return 0;
    }
    for (const engine of found) {
      io.out(
        `${engine.ready ? 'ready    ' : 'not ready'}  ${engine.name.padEnd(12)} ${engine.summary}${engine.ready ? ` (${engine.version})` : ''}\n`,
      );
      if (!engine.ready) io.out(`             because: ${engine.because}\n             help: ${engine.help}\n`);
    }
    const { engine, because } = await chooseEngine('auto');
    io.out(`auto takes ${engine.keyword}: ${because}\n`);
    return 0;
  },
};
