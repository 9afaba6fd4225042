import { fail } from '../../../diagnostics/report.js';
import { makeFolders } from '../../../files.js';
import { engineCacheFolder } from '../cache.js';
import { runTool } from '../tool.js';
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
  const because = await runTool('npm', args, log);
  if (because !== undefined) fail('engine-install-failed', { engine: 'onnxruntime', because });
  return folder;
}
