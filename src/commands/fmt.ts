import { realpathSync } from 'node:fs';
import type { Source } from '../diagnostics/source.js';
import type { Reports } from '../diagnostics/report.js';
import { isYaml } from '../dsl/syntax.js';
import { type Command, UsageError } from './command.js';
import { readSpec, specFiles } from './spec-file.js';

export const fmt: Command = {
  name: 'fmt',
  summary:
    'Formats specs in place; comments stay, and columns in .dn; YAML comes out as convert writes it. Without a name: all specs of this folder.',
  parameters: '[specs...]',
  options: [
    { flags: '--name', description: 'write automatic names out: `Dense(10)` becomes `dense_3 = Dense(10)`' },
    { flags: '--check', description: 'write nothing; exit code 1 where a spec is not formatted' },
    { flags: '--stdout', description: 'write the result to stdout instead' },
  ],
  examples: ['dnc fmt', 'dnc fmt --name resnet.dn', 'dnc fmt --check specs/*.dn'],
  run: async ({ parameters: [given], options, io }) => {
    const { Source } = await import('../diagnostics/source.js');
    const { Reports } = await import('../diagnostics/report.js');
    const { writeAtomically } = await import('../files.js');
    if (options.check && options.stdout)
      throw new UsageError('--check writes nothing, --stdout writes the result: give one of them');
    const files = (given as unknown as readonly string[]) ?? [];
    let different = 0;
    for (const file of files.length > 0 ? files : specFiles([])) {
      const source = readSpec(file);
      const { read, format } = await formatterFor(source.name);
      // What cannot be read is not formatted: the errors are shown, and the file stays as it is.
      const reports = new Reports();
      read(source, reports);
      reports.throwIfFailed();
      const named = options.name
        ? new Source(source.name, (await import('../compiler/names.js')).writeNames(source))
        : source;
      const text = format(named);
      if (options.stdout) {
        io.out(text);
        continue;
      }
      if (text === source.text) continue;
      different += 1;
      if (options.check) io.out(`${file}: not formatted\n`);
      else {
        // Through a link, to the file that it names.
        writeAtomically(realpathSync(file), text);
        io.out(`${file}: formatted\n`);
      }
    }
    return options.check && different > 0 ? 1 : 0;
  },
};

/** Reads and formats specs of one form. A .dn says by itself what it is; the schemas of all words, which tell maps from calls in YAML, are loaded for that alone. */
async function formatterFor(
  name: string,
): Promise<{ read(source: Source, reports: Reports): unknown; format(source: Source): string }> {
  if (isYaml(name)) {
    const { readDocument } = await import('../compiler/document.js');
    const { formatSpec } = await import('../compiler/format.js');
    return { read: readDocument, format: formatSpec };
  }
  const { read } = await import('../dsl/read.js');
  const { format } = await import('../dsl/format.js');
  return { read, format: ({ text }) => format(text) };
}
