import { type Command, dataFolderOption, listOption, sharedOptions } from './command.js';
import { readSpec, specFiles } from './spec-file.js';

export const check: Command = {
  name: 'check',
  summary: 'Checks specs: words, values, wiring, shapes. Without a name: all specs of this folder.',
  parameters: '[specs...]',
  options: [sharedOptions.set, sharedOptions.dataDir, sharedOptions.json],
  examples: ['dnc check', 'dnc check specs/*.dn', 'dnc check net.dn --set width=500'],
  run: async ({ parameters: [given], options, io }) => {
    const { Failure } = await import('../diagnostics/report.js');
    const { render } = await import('../diagnostics/render.js');
    const { diagnosticsJson } = await import('../diagnostics/json.js');
    const { openSweep } = await import('../runtime/sweep/plan.js');
    const files = (given as unknown as readonly string[]) ?? [];
    let exit = 0;
    const sets = listOption(options, 'set');
    const dataFolder = dataFolderOption(options);
    const one = async (file: string) => {
      try {
        const source = readSpec(file);
        const { compiled } = await openSweep({ source, specFile: file, sets, dataFolder });
        return { file, ok: true, diagnostics: compiled.warnings };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        exit ||= error.exit;
        return { file, ok: false, diagnostics: error.diagnostics };
      }
    };
    const results: Awaited<ReturnType<typeof one>>[] = [];
    for (const file of specFiles(files)) results.push(await one(file));
    if (options.json) {
      io.out(
        `${JSON.stringify({ format: 1, specs: results.map((one) => ({ ...one, diagnostics: diagnosticsJson(one.diagnostics) })) }, undefined, 2)}\n`,
      );
      return exit;
    }
    const many = results.length > 1;
    for (const [k, { file, ok, diagnostics }] of results.entries()) {
      if (diagnostics.length > 0) {
        if (k > 0) io.note('\n');
        io.note(render(diagnostics, { color: io.colour, ...(many && { of: file }) }));
      }
      if (ok) io.out(`${file}: fine\n`);
      // What comes next stands apart from the messages.
      if (diagnostics.length > 0 && results[k + 1]?.diagnostics.length === 0) io.note('\n');
    }
    if (many) {
      const fine = results.filter(({ ok }) => ok).length;
      const failed = results.length - fine;
      const warned = results.filter(({ ok, diagnostics }) => ok && diagnostics.length > 0).length;
      io.note(
        `\n${[`${fine} fine${warned > 0 ? `, ${warned} of them with warnings` : ''}`, ...(failed > 0 ? [`${failed} with errors`] : [])].join(', ')}\n`,
      );
    }
    return exit;
  },
};
