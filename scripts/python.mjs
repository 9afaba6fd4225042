// Python for the parity tests and the bench: virtual environments under .cache, made once per requirements file.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What Python prints is read by people and by scripts: no start-up chatter of TensorFlow, nothing held back in a buffer. */
export const pythonEnvironment = {
  ...process.env,
  KERAS_BACKEND: 'tensorflow',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONUNBUFFERED: '1',
  TF_CPP_MIN_LOG_LEVEL: '3',
  TF_ENABLE_ONEDNN_OPTS: process.env.TF_ENABLE_ONEDNN_OPTS ?? '1',
};

/**
 * The Python of the environment `.cache/venv-<name>`, made with `python3 -m venv` and filled from `test/parity/requirements-<name>.txt` where that has
 * not been done since the file changed. Throws an Error that says which command failed.
 */
export function python(name) {
  const requirements = `test/parity/requirements-${name}.txt`;
  const folder = path.resolve(`.cache/venv-${name}`);
  const executable = path.join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const stamp = path.join(folder, 'installed-from');
  if (existsSync(executable) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return executable;

  console.error(`making the Python environment .cache/venv-${name} from ${requirements} …`);
  mkdirSync('.cache', { recursive: true });
  rmSync(stamp, { force: true });
  if (!existsSync(executable)) call('python3', ['-m', 'venv', folder]);
  call(executable, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(stamp, wanted);
  return executable;
}

function call(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}`);
}
