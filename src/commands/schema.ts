import type { Command } from './command.js';

export const schema: Command = {
  name: 'schema',
  summary: 'Writes the JSON Schema of specs in YAML, for editors.',
  parameters: '[file]',
  options: [],
  examples: ['dnc schema dnc.schema.json', 'dnc schema'],
  run: async ({ parameters: [file], io }) => {
    const { editorSchema } = await import('../compiler/editor-schema.js');
    const { writeAtomically } = await import('../runtime/files.js');
    const text = `${JSON.stringify(editorSchema(), undefined, 2)}\n`;
    if (file === undefined) {
      io.out(text);
      return 0;
    }
    writeAtomically(file, text);
    io.out(`${file}\n`);
    io.note(`in a spec's first line: # yaml-language-server: $schema=${file}\n`);
    return 0;
  },
};
