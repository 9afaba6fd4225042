import { fstatSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command as Commander, CommanderError } from 'commander';
import { commands } from './commands/index.js';
import { type Command, type Io, UsageError } from './commands/command.js';
import { render } from './diagnostics/render.js';
import { Failure } from './diagnostics/report.js';
import { failToWrite } from './files.js';
import { version } from './version.js';

/** Runs one command line. Every way out is an exit code and a message; nothing shows a stack trace. */
export async function main(words: readonly string[]): Promise<number> {
  const io = terminalIo();
  let code = 0;
  const program = new Commander('dnc')
    .description('Compiles neural networks that come out as small as the task allows.')
    .version(version, '-v, --version')
    .showSuggestionAfterError()
    .helpCommand(false)
    .exitOverride()
    // Errors are written below, with what helps.
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.note(text), outputError: () => {} })
    .addHelpText(
      'after',
      '\nIn a folder with one spec: dnc compile && dnc train\nEvery word of the language: dnc help <word>',
    );
  for (const command of commands) add(program, command, io, (result) => (code = result));
  try {
    await program.parseAsync(words.length === 0 ? ['--help'] : words, { from: 'user' });
    return code;
  } catch (error) {
    io.status('');
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      io.note(await wrongCall(error, words));
      return 2;
    }
    if (error instanceof UsageError) {
      io.note(`error: ${error.message}\n`);
      return 2;
    }
    if (error instanceof Failure) {
      io.note(render(error.diagnostics, { color: io.colour }));
      return error.exit;
    }
    return crashed(error, words, io);
  }
}

/** What was called wrongly, with what helps. */
async function wrongCall(error: CommanderError, words: readonly string[]): Promise<string> {
  const [said = '', suggestion = ''] = error.message.split(/\n(?=\(Did you mean)/);
  const help = (await setInstead(error, words, suggestion !== '')) || rightCall(error, words);
  // A key of the spec that is spelt like this is what was meant, whatever option is near.
  return `${help.includes('--set') || suggestion === '' ? said : error.message}\n${help}`;
}

/** What other programs call a key of the spec. */
const KEYS_ELSEWHERE: Readonly<Record<string, string>> = {
  bs: 'train.batch_size',
  l_r: 'train.optimizer.learning_rate',
  learning_rate: 'train.optimizer.learning_rate',
  lr: 'train.optimizer.learning_rate',
  momentum: 'train.optimizer.momentum',
  num_epochs: 'train.epochs',
  optim: 'train.optimizer',
  random_seed: 'train.seed',
  val_split: 'data.validation',
  validation_split: 'data.validation',
};

/** `--epochs 3` is a key of the spec, which `--set` changes for one call. `isNear`: there is an option that is spelt nearly so. */
async function setInstead(error: CommanderError, words: readonly string[], isNear: boolean): Promise<string> {
  const [, option] = /unknown option '(--[\w-]+)/.exec(error.message) ?? [];
  const command = commands.find(({ name }) => name === words[0]);
  if (
    error.code !== 'commander.unknownOption' ||
    !option ||
    !command?.options.some(({ flags }) => /--set\b/.test(flags))
  )
    return '';
  const { data, simplify, train } = await import('./compiler/sections.js');
  const { nearest } = await import('./diagnostics/did-you-mean.js');
  const { inShell } = await import('./diagnostics/shell.js');
  const key = option.slice(2).replaceAll('-', '_').toLowerCase();
  // Where two sections have a key, that of `train` is meant.
  const keys = new Map<string, string>();
  for (const { keyword, schema } of [simplify, data, train])
    for (const name of Object.keys(schema.properties)) keys.set(name, `${keyword}.${name}`);
  const elsewhere = Object.hasOwn(KEYS_ELSEWHERE, key) ? KEYS_ELSEWHERE[key] : undefined;
  const near = isNear ? undefined : nearest(key, keys.keys());
  const address = keys.get(key) ?? elsewhere ?? (near === undefined ? undefined : keys.get(near));
  if (address === undefined) return '';
  const at = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  const next = words[at + 1]?.startsWith('--') ? undefined : words[at + 1];
  const value = words[at]!.includes('=') ? words[at]!.slice(words[at]!.indexOf('=') + 1) : (next ?? 'VALUE');
  return `  = help: it is a key of the spec: --set ${inShell(`${address}=${value}`)}\n`;
}

/** How a command is called, where one was called with too few words; which commands there are, where none is near to the one that was called. */
function rightCall(error: CommanderError, words: readonly string[]): string {
  if (error.code === 'commander.unknownCommand' && !/did you mean/i.test(error.message))
    return `  = help: commands: ${commands.map(({ name }) => name).join(', ')}\n`;
  const command = commands.find(({ name }) => name === words[0]);
  if (!command) return '';
  const such = (example: string | undefined) => (example === undefined ? '' : `, for example \`${example}\``);
  if (error.code === 'commander.missingArgument')
    return `  = help: dnc ${command.name} ${command.parameters}${such(command.examples[0])}\n`;
  const [, flags] = /^error: option '([^']+)' argument missing/.exec(error.message) ?? [];
  const option = command.options.find((one) => one.flags === flags);
  if (error.code !== 'commander.optionMissingArgument' || !option) return '';
  const [flag = ''] = option.flags.split(' ');
  return `  = help: ${option.flags}: ${option.description}${such(command.examples.find((one) => one.includes(`${flag} `)))}\n`;
}

function add(program: Commander, command: Command, io: Io, done: (code: number) => void): void {
  const entry = program
    .command(`${command.name} ${command.parameters}`.trim())
    .description(command.summary)
    .exitOverride();
  for (const option of command.options) {
    if (option.many)
      entry.option(option.flags, option.description, (value: string, all: string[] | undefined) => [
        ...(all ?? []),
        value,
      ]);
    else entry.option(option.flags, option.description);
  }
  if (command.examples.length > 0)
    entry.addHelpText('after', `\nExamples:\n${command.examples.map((line) => `  ${line}`).join('\n')}`);
  entry.action(async (...given: unknown[]) => {
    const options = given.at(-2) as Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
    const parameters = given.slice(0, -2) as (string | undefined)[];
    done(await command.run({ parameters, options, io }));
  });
}

/** dnc's own mistake: the details go to a file, the screen says where. */
function crashed(error: unknown, words: readonly string[], io: Io): number {
  const report = path.join(tmpdir(), `dnc-crash-${process.pid}.txt`);
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  let where = '';
  try {
    writeFileSync(report, `dnc ${version}, node ${process.version}\ndnc ${words.join(' ')}\n\n${detail}\n`);
    where = `; the details are in ${report}`;
  } catch {
    // A machine without a writable temporary folder still gets the message.
  }
  io.note(
    `error: dnc made a mistake of its own (${error instanceof Error ? error.message.split('\n')[0] : String(error)})${where}\n`,
  );
  return 70;
}

function terminalIo(): Io {
  // A reader that stops reading (`dnc … | head`) is no error. Training goes on where only its messages are no longer read.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  process.stderr.on('error', () => {});
  const terminal = process.stderr.isTTY === true && process.env.TERM !== 'dumb';
  const coloured = (isTerminal: boolean) =>
    process.env.NO_COLOR ? false : process.env.FORCE_COLOR ? process.env.FORCE_COLOR !== '0' : isTerminal;
  const isFile = stdoutIsFile();
  let shown = false;
  const clear = () => {
    if (shown) process.stderr.write('\r\x1b[2K');
    shown = false;
  };
  return {
    terminal,
    colour: coloured(terminal),
    outColour: coloured(process.stdout.isTTY === true && process.env.TERM !== 'dumb'),
    out: (text) => {
      clear();
      if (isFile) writeWhole(text);
      else process.stdout.write(text);
    },
    note: (text) => {
      clear();
      process.stderr.write(text);
    },
    status: (text) => {
      if (!terminal) return;
      clear();
      if (text === '') return;
      process.stderr.write(text.slice(0, Math.max(20, (process.stderr.columns || 80) - 1)));
      shown = true;
    },
  };
}

/** What is neither a terminal nor a pipe. */
function stdoutIsFile(): boolean {
  try {
    const found = fstatSync(process.stdout.fd);
    return found.isFile() || (found.isCharacterDevice() && process.stdout.isTTY !== true);
  } catch {
    // It is closed: nobody reads.
    return false;
  }
}

/** Node's own stream writes a text to a file once, and what a full disk takes no more of is lost without a word. @throws Failure cannot-write */
function writeWhole(text: string): void {
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(process.stdout.fd, bytes, at);
  } catch (error) {
    failToWrite('the output', error);
  }
}
