import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where dnc keeps engines that it installed itself: `engines` in the folder that DNC_CACHE names, else `dnc/engines` in the operating
 * system's folder for caches.
 */
export function engineCacheFolder(environment: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (environment.DNC_CACHE) return join(environment.DNC_CACHE, 'engines');
  return join(systemCacheFolder(environment, platform), 'dnc', 'engines');
}

function systemCacheFolder(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'win32') return environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return environment.XDG_CACHE_HOME ?? join(homedir(), '.cache');
}
