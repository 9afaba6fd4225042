import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/diagnostics/report.js';
import { readSettings, settingsFile, writeSettings } from '../../../src/runtime/engines/settings.js';
import { temporaryFolder } from '../../support/folders.js';

describe('the file of the settings', () => {
  test('is in DNC_CONFIG where that is set', () => {
    expect(settingsFile({ DNC_CONFIG: 'somewhere' })).toBe(join('somewhere', 'settings.json'));
  });
  test('is in the system’s folder for settings', () => {
    expect(settingsFile({ XDG_CONFIG_HOME: 'conf' }, 'linux')).toBe(join('conf', 'dnc', 'settings.json'));
    expect(settingsFile({ XDG_CONFIG_HOME: '' }, 'linux')).toBe(join(homedir(), '.config', 'dnc', 'settings.json'));
    expect(settingsFile({}, 'darwin')).toBe(join(homedir(), 'Library', 'Application Support', 'dnc', 'settings.json'));
    expect(settingsFile({ APPDATA: 'roaming' }, 'win32')).toBe(join('roaming', 'dnc', 'settings.json'));
  });
});

test('what is written is read, and what is not there says nothing', () => {
  const file = join(temporaryFolder(), 'below', 'settings.json');
  expect(readSettings(file)).toEqual({});
  expect(readSettings(undefined)).toEqual({});
  writeSettings(file, { engine: 'tfjs-wasm' });
  expect(readSettings(file)).toEqual({ engine: 'tfjs-wasm' });
  expect(readFileSync(file, 'utf8')).toBe('{\n  "format": 1,\n  "engine": "tfjs-wasm"\n}\n');
});

test.each([
  ['{', 'it is not JSON'],
  ['[]', 'it holds no keys'],
  ['null', 'it holds no keys'],
  ['{ "engine": "onnxruntime" }', 'its `format` is not 1'],
  ['{ "format": 1, "engine": 3 }', '`engine` is no name'],
  ['{ "format": 1, "engine": "" }', '`engine` is no name'],
  ['{ "format": 1, "threads": 3 }', 'it has a key that dnc does not know, threads'],
])('%s is refused', (text, reason) => {
  const file = join(temporaryFolder(), 'settings.json');
  writeFileSync(file, text);
  let error: unknown;
  try {
    readSettings(file);
  } catch (one) {
    error = one;
  }
  expect(error).toBeInstanceOf(Failure);
  expect((error as Failure).exit).toBe(4);
  expect((error as Failure).diagnostics[0]!.message).toBe(`the settings in ${file} cannot be read: ${reason}`);
});
