import { availableParallelism } from 'node:os';
import { type Command, type Io, sharedOptions, UsageError, wholeNumber } from './command.js';

const installable = ['onnxruntime', 'native'];
const usage =
  'dnc engines, dnc engines install onnxruntime or native, dnc engines remove native, or dnc engines verify with the name of an engine';

export const engines: Command = {
  name: 'engines',
  summary:
    'Lists the engines: which are ready, why others are not, and what would help. `engines install onnxruntime` fetches one; `engines install native` builds tfjs-node against the TensorFlow that pip has, and `engines remove native` undoes that; `engines verify` runs a small training step on one and compares it with the reference.',
  parameters: '[action] [engine]',
  options: [sharedOptions.json, sharedOptions.threads],
  examples: [
    'dnc engines',
    'dnc engines install onnxruntime',
    'dnc engines install native',
    'dnc engines verify tfjs-node',
  ],
  run: async ({ parameters: [action, name], options, io }) => {
    if (action === 'install') return install(name, io);
    if (action === 'remove') return remove(name, io);
    if (action === 'verify') return verify(name, wholeNumber(options, 'threads', 1), io);
    if (action !== undefined) throw new UsageError(usage);
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
        `${engine.ready ? 'ready    ' : 'not ready'}  ${engine.name.padEnd(13)} ${engine.summary}${engine.ready ? ` (${engine.version})` : ''}\n`,
      );
      if (!engine.ready) io.out(`             because: ${engine.because}\n             help: ${engine.help}\n`);
    }
    const { engine, because } = await chooseEngine('auto');
    io.out(`auto takes ${engine.keyword}: ${because}\n`);
    return 0;
  },
};

async function install(name: string | undefined, io: Io): Promise<number> {
  if (name === undefined || !installable.includes(name)) throw new UsageError(usage);
  const log = (line: string) => io.note(`${line}\n`);
  if (name === 'onnxruntime') {
    const { installOnnxruntime } = await import('../runtime/engines/onnxruntime/install.js');
    io.out(`${await installOnnxruntime(log)}\n`);
    return 0;
  }
  const { installNative } = await import('../runtime/engines/tfjs-node/install.js');
  const { runTool } = await import('../runtime/engines/tool.js');
  const stopping = new AbortController();
  const stop = () => stopping.abort(new Error('it was stopped'));
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const folder = await installNative({
      note: log,
      log: (line) => log(`    ${line}`),
      signal: stopping.signal,
      // A library that does not fit ends its process: not this one.
      verify: (cache, log) =>
        runTool(process.execPath, [process.argv[1]!, 'engines', 'verify', 'tfjs-node'], log, {
          environment: { ...process.env, DNC_CACHE: cache },
          signal: stopping.signal,
        }),
    });
    io.note('tfjs-node is ready: `--engine tfjs-node` takes it, `dnc engines remove native` removes it\n');
    io.out(`${folder}\n`);
    return 0;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

async function remove(name: string | undefined, io: Io): Promise<number> {
  if (name !== 'native') throw new UsageError(usage);
  const { removeNative } = await import('../runtime/engines/tfjs-node/install.js');
  const folder = removeNative();
  if (folder === undefined) io.note('nothing to remove: `dnc engines install native` has left nothing\n');
  else io.out(`${folder}\n`);
  return 0;
}

async function verify(name: string | undefined, threads: number | undefined, io: Io): Promise<number> {
  if (name === undefined) throw new UsageError(usage);
  const { chooseEngine } = await import('../runtime/engines/index.js');
  const { verifyEngine } = await import('../runtime/engines/verify.js');
  const { engine } = await chooseEngine(name);
  const described = await verifyEngine(engine, { threads: threads ?? availableParallelism() });
  io.out(`${described}: a small training step gives what the reference gives\n`);
  return 0;
}
