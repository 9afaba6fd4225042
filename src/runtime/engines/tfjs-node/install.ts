import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail } from '../../../diagnostics/report.js';
import { failToWrite, makeFolders } from '../../../files.js';
import { runTool } from '../tool.js';
import { BINDING, findPackage, MANIFEST, type Manifest, nativeFolder, PACKAGE_VERSION, packageOf } from './places.js';

/** What dnc is tested with, and installs: pip's `tensorflow-cpu`, and Node's headers as npm has them. */
export const TENSORFLOW_VERSION = '2.21.0';
const HEADERS = 'node-api-headers@1.9.0';

/** The wheels of every Python hold the same libraries: one that there is, whatever the Python that runs pip. */
const WHEELS_PYTHON = '3.12';

export interface InstallNative {
  /** What is done next, for people. */
  readonly note: (line: string) => void;
  /** The tools' own lines. */
  readonly log: (line: string) => void;
  /** Runs a small program with DNC_CACHE set to this folder, in a process of its own; says why it failed. */
  readonly verify: (cache: string, log: (line: string) => void) => Promise<string | undefined>;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
  /** Absent: this machine's, as `process.platform` and `process.arch` have them. */
  readonly machine?: string;
}

/**
 * Builds the binding of TensorFlow.js to the TensorFlow in pip's wheel, in dnc's own cache folder. Nothing is put anywhere else, no Python package is
 * imported, no package's script runs. Whatever is there is replaced once the new one has been seen to work; until then all lies in a folder beside it, which
 * goes where anything fails.
 *
 * @returns the folder
 * @throws Failure `engine-install-failed` with what failed and what would help
 */
export async function installNative(given: InstallNative): Promise<string> {
  const { note, log, signal, environment = process.env, machine = `${process.platform} ${process.arch}` } = given;
  const refuse = (because: string, ...help: string[]): never =>
    fail('engine-install-failed', { engine: 'native', because }, { help });
  if (machine !== 'linux x64') refuse(`it can be built on Linux with an x64 processor, and this is ${machine}`);

  const python = environment.PYTHON || 'python3';
  const compiler = environment.CXX || 'g++';
  const tool = { environment, ...(signal && { signal }) };
  const needed = [
    { command: python, args: ['-m', 'pip', '--version'], what: 'Python 3 with pip', help: 'install python3 and python3-pip, or name another Python in PYTHON' },
    { command: compiler, args: ['--version'], what: 'a C++ compiler', help: 'install g++, or name another compiler in CXX' },
    { command: 'npm', args: ['--version'], what: 'npm', help: 'install npm, which comes with Node' },
  ]; // biome-ignore format: a table
  note('1 of 5: look for Python with pip, a C++ compiler and npm');
  for (const { command, args, what, help } of needed) {
    const because = await runTool(command, args, () => {}, tool);
    if (because !== undefined)
      refuse(`${what} is needed, and \`${[command, ...args].join(' ')}\` fails: ${because}`, help);
  }

  const folder = nativeFolder();
  const beside = findPackage();
  const parts = `${folder}.part-`;
  removeLeftBehind(parts);
  const cache = `${parts}${process.pid}`;
  // As the engine looks for it where DNC_CACHE is the folder beside.
  const staging = join(cache, 'engines', 'native');
  const step = async (what: string, command: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) => {
    const because = await runTool(command, args, log, { ...tool, environment: { ...environment, ...more } });
    if (because !== undefined)
      refuse(`${what}: ${because}`, 'the lines above are the tool’s own; nothing was left behind');
  };
  const discard = () => rmSync(cache, { recursive: true, force: true });
  process.once('exit', discard);
  try {
    makeFolders(join(cache, 'temporary'));
    makeFolders(staging);
    note(
      `2 of 5: pip fetches TensorFlow ${TENSORFLOW_VERSION} (tensorflow-cpu, 270 MB) and unpacks it into ${folder}; no Python environment is changed`,
    );
    const wheel = join(cache, 'wheel');
    const where = ['--target', wheel, '--no-deps', '--only-binary=:all:', '--python-version', WHEELS_PYTHON];
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--disable-pip-version-check', ...where];
    await step('pip cannot fetch TensorFlow', python, [...pip, `tensorflow-cpu==${TENSORFLOW_VERSION}`], {
      TMPDIR: join(cache, 'temporary'),
      PIP_ROOT_USER_ACTION: 'ignore',
    });

    const packages = [HEADERS, ...(beside ? [] : [`${packageOf.cpu}@${PACKAGE_VERSION}`])];
    note(`3 of 5: npm fetches ${packages.join(' and ')} into the same folder, without their scripts`);
    const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', staging, ...packages];
    await step('npm cannot fetch what the binding is built from', 'npm', npm);

    const source = findPackage(staging);
    if (!source) return refuse(`the package ${packageOf.cpu} is not where npm should have put it`);
    note(`4 of 5: ${compiler} compiles the binding of TensorFlow.js ${source.version}, a few seconds`);
    const libraries = join(staging, 'tensorflow');
    takeLibraries(join(wheel, 'tensorflow'), libraries);
    await step('the binding cannot be compiled', compiler, compilation(source.folder, wheel, staging, libraries));
    rmSync(join(staging, 'node_modules', 'node-api-headers'), { recursive: true, force: true });
    rmSync(wheel, { recursive: true, force: true });

    const manifest: Manifest = { format: 1, package: source.version, tensorflow: TENSORFLOW_VERSION };
    writeFileSync(join(staging, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
    note('5 of 5: a small training step on the new engine, compared with the reference');
    const because = await given.verify(cache, log);
    if (signal?.aborted) refuse('it was stopped');
    if (because !== undefined) refuse(`what was built does not work: ${because}`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
    return folder;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return failToWrite(cache, error);
    throw error;
  } finally {
    process.off('exit', discard);
    discard();
  }
}

/** Removes what `installNative` built. @returns the folder; undefined where there was none */
export function removeNative(): string | undefined {
  const folder = nativeFolder();
  removeLeftBehind(`${folder}.part-`);
  if (!existsSync(folder)) return undefined;
  rmSync(folder, { recursive: true, force: true });
  return folder;
}

/** Folders of installations that were killed before they could tidy up. */
function removeLeftBehind(parts: string): void {
  const above = dirname(parts);
  if (!existsSync(above)) return;
  for (const entry of readdirSync(above)) {
    const [, id] = /^native\.part-(\d+)$/.exec(entry) ?? [];
    if (id !== undefined && !isRunning(Number(id))) rmSync(join(above, entry), { recursive: true, force: true });
  }
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Of the wheel's 1.3 GB the two libraries are needed, and what says whose they are. */
function takeLibraries(from: string, to: string): void {
  mkdirSync(to);
  for (const file of readdirSync(from)) {
    if (/^libtensorflow\w*\.so\.2$|^(LICENSE|THIRD_PARTY.*)$/.test(file)) renameSync(join(from, file), join(to, file));
  }
}

/** As the package's binding.gyp has it, with the libraries found beside the binding wherever the folder is moved. */
function compilation(source: string, wheel: string, staging: string, libraries: string): string[] {
  const code = join(source, 'binding');
  const include = [
    join(staging, 'node_modules', 'node-api-headers', 'include'),
    join(wheel, 'tensorflow', 'include'),
    source,
  ];
  return [
    ...['-std=c++17', '-O2', '-fPIC', '-shared'],
    ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'],
    ...include.map((one) => `-I${one}`),
    ...readdirSync(code).filter((file) => file.endsWith('.cc')).map((file) => join(code, file)),
    ...['-o', join(staging, BINDING)],
    ...['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map((one) => join(libraries, one)),
    '-Wl,-rpath,$ORIGIN/tensorflow',
  ]; // biome-ignore format: flags by what they are for
}
