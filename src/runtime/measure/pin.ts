import { writeSets } from '../../compiler/6-print/sets.js';
import { readFront } from '../../compiler/compile.js';
import { Failure, fail } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import { writeAtomically } from '../../files.js';
import { readSettings, settingsFile, writeSettings } from '../engines/settings.js';
import { readSpecFile } from '../spec/spec-file.js';

/** The text of a spec with the engine named in its train section, and nothing else changed. @throws Failure of a spec with errors */
export function withEngine(source: Source, engine: string): string {
  const { spec, reports } = readFront(source, [`train.engine=${JSON.stringify(engine)}`]);
  if (!spec) throw new Failure(reports);
  return writeSets(spec).source.text;
}

/** Writes the engine into a spec's file. @throws Failure of a spec with errors, cannot-write */
export function pinInSpec(file: string, engine: string): void {
  const source = readSpecFile(file);
  const text = withEngine(source, engine);
  if (text !== source.text) writeAtomically(file, text);
}

/** Writes the engine into the user's settings. Gives their file. @throws Failure settings-damaged, cannot-write */
export function pinForUser(engine: string, file: string | undefined = settingsFile()): string {
  if (file === undefined)
    return fail(
      'cannot-write',
      { file: 'settings.json', reason: 'you have no home folder' },
      { help: ['name a folder in DNC_CONFIG'] },
    );
  writeSettings(file, { ...readSettings(file), engine });
  return file;
}
