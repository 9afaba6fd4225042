import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Compiled } from '../compiler/compile.js';
import type { LargeSteps } from '../runtime/engines/auto.js';
import type { Measurement } from '../runtime/measure/rounds.js';
import {
  type Command,
  dataFolderOption,
  type Io,
  listOption,
  type Options,
  sharedOptions,
  textOption,
  UsageError,
  wholeNumber,
} from './command.js';
import { readSpec, specFile } from './spec-file.js';

const installable = ['onnxruntime', 'native'];
const usage =
  'dnc engines, dnc engines install onnxruntime or native, dnc engines remove native, or dnc engines verify with the name of an engine';

export const engines: Command = {
  name: 'engines',
  summary:
    'Lists the engines: which are ready, why others are not, and what would help. `engines install onnxruntime` fetches one; `engines install native` builds tfjs-node against the TensorFlow that pip has, and `engines remove native` undoes that; `engines verify` runs a small training step on one and compares it with the reference; `engines --measure` times those that are ready on a spec, and can pin the fastest.',
  parameters: '[action] [engine]',
  options: [
    {
      flags: '--measure <spec>',
      description: "time the engines that are ready on this spec's training step, with drawn rows: no data are needed",
    },
    {
      flags: '--pin <where>',
      description:
        'write the fastest of them into the spec (`spec`: `engine` of its train section) or into your settings (`user`: for specs that name none)',
    },
    {
      flags: '--seconds <number>',
      description: 'about how long their steps are timed, once they are ready (default: 20)',
    },
    sharedOptions.set,
    sharedOptions.dataDir,
    sharedOptions.json,
    { flags: '--threads <number>', description: 'threads of the engines (default: as in training)' },
  ],
  examples: [
    'dnc engines',
    'dnc engines install onnxruntime',
    'dnc engines install native',
    'dnc engines verify tfjs-node',
    'dnc engines --measure net.dn',
    'dnc engines --measure net.dn --pin spec',
  ],
  run: async ({ parameters: [action, name], options, io }) => {
    const spec = textOption(options, 'measure');
    if (spec !== undefined) {
      if (action !== undefined) throw new UsageError('--measure takes a spec, and no action beside it');
      return measure(spec, options, io);
    }
    refuseOthers(action, options);
    if (action === 'install') return install(name, io);
    if (action === 'remove') return remove(name, io);
    if (action === 'verify') return verify(name, wholeNumber(options, 'threads', 1), io);
    if (action !== undefined) throw new UsageError(usage);
    const { chooseEngine, engines: table } = await import('../runtime/engines/index.js');
    const { readSettings, settingsFile } = await import('../runtime/engines/settings.js');
    const settings = { file: settingsFile(), ...readSettings() };
    const found = await Promise.all(
      Object.values(table).map(async (engine) => ({
        name: engine.keyword,
        summary: engine.summary,
        ...(await engine.probe()),
      })),
    );
    if (options.json) {
      io.out(`${JSON.stringify({ format: 1, engines: found, settings }, undefined, 2)}\n`);
      return 0;
    }
    for (const engine of found) {
      io.out(
        `${engine.ready ? 'ready    ' : 'not ready'}  ${engine.name.padEnd(20)} ${engine.summary}${engine.ready ? ` (${engine.version})` : ''}\n`,
      );
      if (!engine.ready) io.out(`             because: ${engine.because}\n             help: ${engine.help}\n`);
    }
    const { forLargeSteps } = await import('../runtime/engines/auto.js');
    const { engine, because } = await chooseEngine('auto');
    const ready = found.flatMap((one) => (one.ready ? [one.name] : []));
    io.out(autoText(engine.keyword, because, ready, forLargeSteps));
    if (settings.file !== undefined) io.out(settingsText(settings.engine, settings.file, found));
    return 0;
  },
};

/** What `auto` takes: an engine on the processor, and for large steps the first of those on graphics cards that are ready. */
export function autoText(
  engine: string,
  because: string,
  ready: readonly string[],
  forLargeSteps: Readonly<Record<string, LargeSteps>>,
): string {
  const cards = Object.entries(forLargeSteps).filter(([name]) => ready.includes(name));
  if (cards.length === 0) return `auto takes ${engine}: ${because}\n`;
  const lines = cards.map(([name, { from, convolutions }], k) => {
    const which = convolutions ? '' : ', without convolutions';
    return `${k === 0 ? 'auto' : 'else it'} takes ${name} for training steps from ${from.toLocaleString('en')} multiply-adds${which}, where a small step goes well on it\n`;
  });
  return [`auto takes ${engine} for small steps: ${because}\n`, ...lines].join('');
}

/** Refuses options that would do nothing. */
function refuseOthers(action: string | undefined, options: Options): void {
  if (options.threads !== undefined && action !== 'verify')
    throw new UsageError(
      '--threads goes with --measure or verify: dnc engines --measure net.dn, or dnc engines verify with the name of an engine',
    );
  const given = { pin: options.pin, seconds: options.seconds, set: options.set, 'data-dir': options.dataDir };
  for (const [word, value] of Object.entries(given))
    if (value !== undefined && (!Array.isArray(value) || value.length > 0))
      throw new UsageError(`--${word} goes with --measure: dnc engines --measure net.dn`);
}

/** What a user's settings say, and whether it can be had. */
export function settingsText(
  engine: string | undefined,
  file: string,
  found: readonly { readonly name: string; readonly ready: boolean }[],
): string {
  if (engine === undefined) return `your settings would be in ${file}\n`;
  const named = found.find(({ name }) => name === engine);
  const wrong =
    named?.ready || engine === 'auto' ? '' : named ? ', which is not ready' : ', and no engine is called so';
  return `your settings say ${engine}${wrong}: ${file}\n`;
}

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

/** In the environment of a process that measures one engine for its parent. */
const MEASURE_WORKER = 'DNC_MEASURE_WORKER';

async function measure(given: string, options: Options, io: Io): Promise<number> {
  const pin = textOption(options, 'pin');
  if (pin !== undefined && pin !== 'spec' && pin !== 'user')
    throw new UsageError(`--pin takes spec or user, not ${pin}`);
  const seconds = wholeNumber(options, 'seconds', 1) ?? 20;
  const file = specFile(given);
  const compiled = await compiledSpec(file, options);
  const { spec, network } = compiled;
  const { stepSize, stepSizeOf, threadsFor } = await import('../runtime/engines/auto.js');
  const [phase] = spec.train.phases;
  const { multiplyAdds } = stepSize(network, [phase!.batch_size]);
  // As training takes them, for all its steps alike.
  const asked = wholeNumber(options, 'threads', 1);
  const threads = asked ?? threadsFor(stepSizeOf(compiled), availableParallelism());
  const own = process.env[MEASURE_WORKER];
  if (own !== undefined && process.send) {
    const { measureForParent } = await import('../runtime/measure/worker.js');
    await measureForParent(compiled, { engine: own, threads, threadsAsked: asked !== undefined });
    return 0;
  }

  const { engines: table } = await import('../runtime/engines/index.js');
  const { processContestant } = await import('../runtime/measure/worker.js');
  const { measureInTurns } = await import('../runtime/measure/rounds.js');
  const readiness = await Promise.all(
    Object.values(table).map(async (engine) => ({ name: engine.keyword, found: await engine.probe() })),
  );
  const ready = readiness.filter(({ found }) => found.ready);
  const many = threads === 1 ? '1 thread' : `${threads} threads`;
  io.note(
    `${file}: steps of \`${phase!.name}\`, ${phase!.batch_size.toLocaleString('en')} drawn rows each, ${multiplyAdds.toLocaleString('en')} multiply-adds, ${many}; takes about ${seconds} s and the time that engines need to start, at most 30 s\n`,
  );
  const measurement = await measureInTurns(
    ready.map(({ name }) => processContestant(name, () => startWorker(name))),
    { seconds, status: (text) => io.status(text) },
  );
  const [fastest] = measurement.measured;
  if (options.json) {
    const measured = {
      format: 1,
      spec: file,
      batch_size: phase!.batch_size,
      multiply_adds: multiplyAdds,
      threads,
    };
    io.out(`${JSON.stringify({ ...measured, ...measurement }, undefined, 2)}\n`);
  } else io.out(measurementText(measurement));
  for (const { name, found } of readiness) if (!found.ready) io.note(`${name} is not ready: ${found.because}\n`);
  if (!fastest) return 6;
  if (pin === undefined) return 0;
  const { pinForUser, pinInSpec } = await import('../runtime/measure/pin.js');
  if (pin === 'spec') pinInSpec(file, fastest.name);
  io.note(`${fastest.name} is pinned in ${pin === 'spec' ? file : pinForUser(fastest.name)}\n`);
  return 0;
}

/** As training compiles it; rows are read only where nothing else tells what an Input reads. */
async function compiledSpec(file: string, options: Options): Promise<Compiled> {
  const { compile } = await import('../compiler/compile.js');
  const { compileOptions } = await import('../runtime/spec/open-spec.js');
  const source = readSpec(file);
  const at = { source, specFile: file, sets: listOption(options, 'set'), dataFolder: dataFolderOption(options) };
  return compile(source, await compileOptions(at));
}

function startWorker(engine: string) {
  return spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    windowsHide: true,
    env: { ...process.env, NO_COLOR: '1', [MEASURE_WORKER]: engine },
  });
}

function measurementText({ measured, failed }: Measurement): string {
  const rows = measured.map(({ name, milliseconds, fastest, slowest, ratio, rounds, steps, describe }) => [
    name,
    digits(milliseconds),
    `${digits(fastest)} – ${digits(slowest)}`,
    ratio.toFixed(2),
    `${rounds} × ${steps}`,
    describe,
  ]);
  const table = [['engine', 'ms/step', 'fastest – slowest', 'ratio', 'rounds', 'as it says'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column > 0 && column < 4 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...failed.map(({ name, because }) => `${name} was left out: ${because}`)]
    .map((line) => `${line}\n`)
    .join('');
}

/** Three digits that say something. */
function digits(number: number): string {
  return number >= 100 ? number.toFixed(0) : number.toPrecision(3);
}
