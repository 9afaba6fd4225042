import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../diagnostics/report.js';
import { endingOf, isSpecName, isYaml } from '../dsl/syntax.js';
import { RunFolder } from '../runtime/run/run-folder.js';
import { lastResult } from '../runtime/simplify/result-folder.js';

/**
 * The spec that a command works on: the one that was named, the simplified one of a run whose folder was named, or the only one of a folder, which
 * is the current one where nothing was named. `command` is what was typed behind `dnc`, for help.
 */
export function specFile(given: string | undefined, command = 'check'): string {
  if (given !== undefined) return isFolder(given) ? specOfFolder(given) : given;
  return onlySpec('.', specsIn('.'), command);
}

/** The specs that a command works on which takes many: those that were named, those of folders that were named, or all of the current folder but simplified ones. */
export function specFiles(given: readonly string[]): readonly string[] {
  if (given.length > 0) return given.flatMap(specsOf);
  const found = specsIn('.');
  return found.length > 0 ? found : [onlySpec('.', found)];
}

/** A folder that holds what one was made to stands for that; any other for all specs in it. */
function specsOf(given: string): readonly string[] {
  if (!isFolder(given) || existsSync(path.join(given, 'run.json')) || lastResult(given) !== undefined)
    return [specFile(given)];
  const found = specsIn(given);
  return found.length > 0 ? found.map((name) => path.join(given, name)) : [specFile(given)];
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A run's folder stands for what the run made, its simplified spec, and so does the folder of `simplify --out`. */
function specOfFolder(folder: string): string {
  if (!existsSync(path.join(folder, 'run.json')))
    return lastResult(folder) ?? path.join(folder, onlySpec(folder, specsIn(folder)));
  const run = new RunFolder(folder);
  const simplified = run.simplifiedText(run.readRecord());
  const failure = existsSync(simplified) ? undefined : run.readFailure();
  if (failure !== undefined)
    fail(
      'spec-missing',
      { file: simplified, reason: `the run failed: ${failure}` },
      {
        help: [
          ...run.readFailureHelp(),
          `or change the spec and train anew; what the run did: dnc runs show ${folder}`,
        ],
      },
    );
  if (!existsSync(simplified))
    fail(
      'spec-missing',
      { file: simplified, reason: 'the run has not come to its end' },
      { help: [`go on with it: dnc train --resume ${folder}`] },
    );
  return simplified;
}

/** The specs of a folder, by name. Simplified ones count where there are no others. */
function specsIn(folder: string): string[] {
  const specs = readdirSync(folder)
    .filter((name) => isSpecName(name) && isSpec(path.join(folder, name)))
    .sort();
  const written = specs.filter((name) => !path.basename(name, endingOf(name)).endsWith('.min'));
  return written.length > 0 || folder === '.' ? written : specs;
}

/** Other tools keep their settings in YAML, too: a spec has a model. */
function isSpec(file: string): boolean {
  if (!isYaml(file)) return true;
  try {
    return /^\ufeff?["']?model["']?[ \t]*:/m.test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

/** A spec that is there in both syntaxes is one: the .dn. */
function withoutTwins(found: readonly string[]): readonly string[] {
  const stem = (name: string) => path.basename(name, endingOf(name));
  return found.filter((name) => !isYaml(name) || !found.includes(`${stem(name)}.dn`));
}

function onlySpec(folder: string, all: readonly string[], command = 'check'): string {
  const found = withoutTwins(all);
  const name = folder === '.' ? 'this folder' : folder;
  if (found.length === 0)
    fail(
      'no-spec-here',
      { folder: name },
      { help: ['write one: dnc init', `or name one: dnc ${command} path/to/net.dn`] },
    );
  if (found.length > 1)
    fail(
      'several-specs-here',
      { folder: name, found: found.join(', ') },
      { help: [`name one: ${path.join(folder, found[0]!)}`] },
    );
  return found[0]!;
}

export { readSpecFile as readSpec } from '../runtime/spec/spec-file.js';
