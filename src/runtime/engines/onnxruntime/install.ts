import { spawn } from 'node:child_process';
import { fail } from '../../../diagnostics/report.js';
import { makeFolders } from '../../../files.js';
import { engineCacheFolder } from '../cache.js';
import { ONNXRUNTIME_VERSION } from './library.js';

/**
 * Installs onnxruntime-node into dnc's own cache folder with the user's npm; its binaries ship inside the package, so no script of it runs.
 *
 * @param log gets npm's lines
 * @throws Failure `engine-install-failed` when npm is missing or ends with an error
 */
export async function installOnnxruntime(log: (line: string) => void): Promise<string> {
  const folder = engineCacheFolder();
  makeFolders(folder);
  const what = `onnxruntime-node@${ONNXRUNTIME_VERSION}`;
  const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', what];
  const because = await new Promise<string | undefined>((resolve) => {
    // npm is a batch file on Windows, which only a shell can start; the folder is the one argument that may hold spaces.
    const shell = process.platform === 'win32';
    const quoted = shell ? args.map((one) => (one === folder ? `"${one}"` : one)) : args;
    const child = spawn('npm', quoted, { stdio: ['ignore', 'pipe', 'pipe'], shell });
    const tail: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
          tail.push(line);
          log(line);
        }
      });
    }
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status) => resolve(status === 0 ? undefined : (tail.at(-1) ?? `npm ended with ${status}`)));
  });
  if (because !== undefined) fail('engine-install-failed', { engine: 'onnxruntime', because });
  return folder;
}
