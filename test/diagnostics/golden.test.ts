import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { render } from '../../src/diagnostics/render.js';
import { Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import { read } from '../../src/dsl/read.js';

/**
 * An error case is one file: a spec, and behind a line `#---` the messages that it must give, as comments. `UPDATE=1` writes
 * them anew; the diff is then read in git.
 */
const folder = new URL('./cases/', import.meta.url);
const MARK = '#---';

function messages(name: string, text: string): string {
  const reports = new Reports();
  read(new Source(name, text), reports);
  return render(reports.all);
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.dn'))) {
  test(basename(file, '.dn'), () => {
    const url = new URL(file, folder);
    const text = readFileSync(url, 'utf8');
    const cut = text.indexOf(`${MARK}\n`);
    const spec = cut < 0 ? text : text.slice(0, cut);
    const found = messages(file, spec);
    const comment = found
      .trimEnd()
      .split('\n')
      .map((line) => `# ${line}`.trimEnd())
      .join('\n');
    if (process.env.UPDATE) writeFileSync(url, `${spec}${MARK}\n${comment}\n`);
    else expect(comment).toBe(text.slice(cut + MARK.length + 1).trimEnd());
    expect(found).not.toBe('');
  });
}
