import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fail } from '../../diagnostics/report.js';
import { systemReason } from '../../diagnostics/system-errors.js';
import { writeAtomically } from '../../files.js';

/** What a user has decided for all specs that say nothing themselves. */
export interface Settings {
  /** The engine that specs are run on. */
  readonly engine?: string;
}

/**
 * Where a user's settings are: `settings.json` in the folder that DNC_CONFIG names, else in `dnc` in the operating system's folder for settings. Undefined where
 * the user has no home folder.
 */
export function settingsFile(
  environment: NodeJS.ProcessEnv = process.env,
  platform = process.platform,
): string | undefined {
  if (environment.DNC_CONFIG) return join(environment.DNC_CONFIG, 'settings.json');
  const folder = systemFolder(environment, platform);
  return folder === undefined ? undefined : join(folder, 'dnc', 'settings.json');
}

function systemFolder(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | undefined {
  const below = (...path: string[]): string | undefined => {
    try {
      return join(homedir(), ...path);
    } catch {
      // A user id that the system has no entry for, as in some containers.
      return undefined;
    }
  };
  if (platform === 'win32') return environment.APPDATA ?? below('AppData', 'Roaming');
  if (platform === 'darwin') return below('Library', 'Application Support');
  return environment.XDG_CONFIG_HOME || below('.config');
}

/** The settings of a file; none where there is no file. @throws Failure settings-damaged */
export function readSettings(file: string | undefined = settingsFile()): Settings {
  if (file === undefined || !existsSync(file)) return {};
  const bad = (reason: string): never => fail('settings-damaged', { file, reason }, { help: ['correct or remove it'] });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return bad(systemReason(error, 'reading'));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('it holds no keys');
  const { format, engine, ...others } = value as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return bad(`it has a key that dnc does not know, ${unknown}`);
  if (format !== 1) return bad('its `format` is not 1');
  if (engine !== undefined && (typeof engine !== 'string' || engine === '')) return bad('`engine` is no name');
  return engine === undefined ? {} : { engine: engine as string };
}

/** Writes settings. @throws Failure cannot-write */
export function writeSettings(file: string, settings: Settings): void {
  writeAtomically(file, `${JSON.stringify({ format: 1, ...settings }, undefined, 2)}\n`);
}
