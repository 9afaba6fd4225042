import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from './command.js';

export const schema: Command = {
  name: 'schema',
  summary: 'Writes the JSON Schema of specs in YAML, for editors.',
  parameters: '[file]',
  options: [{ flags: '--force', description: 'write over a file that is something else' }],
  examples: ['dnc schema dnc.schema.json', 'dnc schema'],
  run: async ({ parameters: [file], options, io }) => {
    const { editorSchema } = await import('../compiler/editor-schema.js');
    const { writeAtomically } = await import('../files.js');
    const { fail } = await import('../diagnostics/report.js');
    const made = editorSchema();
    const text = `${JSON.stringify(made, undefined, 2)}\n`;
    if (file === undefined) {
      io.out(text);
      return 0;
    }
    if (!existsSync(path.dirname(file))) fail('cannot-write', { file, reason: 'its folder does not exist' });
    // The schema of another version is brought up to date without a word.
    if (existsSync(file) && !options.force && titleOf(file) !== made.title)
      fail('file-exists', { file }, { help: ['--force writes over it'] });
    writeAtomically(file, text);
    io.out(`${file}\n`);
    io.note(`in a spec's first line: # yaml-language-server: $schema=${file}\n`);
    return 0;
  },
};

/** The title of a JSON Schema; undefined for any other file. */
function titleOf(file: string): unknown {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { readonly title?: unknown } | null)?.title;
  } catch {
    return undefined;
  }
}
