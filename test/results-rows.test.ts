import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../src/compiler/compile.js';
import { Source } from '../src/diagnostics/source.js';
import { format } from '../src/dsl/format.js';

interface Row {
  readonly title: string;
  readonly spec: string;
  readonly runs: readonly { readonly name: string; readonly sets: readonly string[] }[];
}

const { rows, editedSpec } = (await import(path.resolve(import.meta.dirname, '../scripts/results/rows.mjs'))) as {
  readonly rows: Readonly<Record<string, Row>>;
  editedSpec(text: string, row: Row, run: Row['runs'][number]): string;
};
const textOf = ({ spec }: Row) => readFileSync(path.resolve(import.meta.dirname, '..', spec), 'utf8');
// Those of tables are compiled with the rows that they name, in test/specs.test.ts.
const withoutFiles = Object.entries(rows).filter(([, row]) => !/source: (csv|table)/.test(textOf(row)));

describe('a row of docs/results.md', () => {
  test.each(withoutFiles)('%s names specs that compile, one for every run', (_, row) => {
    const names = row.runs.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const seen = new Set<string>();
    for (const run of row.runs) {
      const text = editedSpec(textOf(row), row, run);
      // Seeds change no line of a spec.
      const sets = run.sets.filter((one) => !/seed=/.test(one));
      if (seen.has(`${text}${sets}`)) continue;
      seen.add(`${text}${sets}`);
      expect(() => compile(new Source(row.spec, text), { sets: run.sets })).not.toThrow();
    }
  });

  test('changes words that are there', () => {
    const row = { title: '', spec: 'specs/quickstart.dn', runs: [] };
    expect(() =>
      editedSpec('model A {}', { ...row, edit: ['model B', 'model C'] } as Row, { name: '', sets: [] }),
    ).toThrow('specs/quickstart.dn does not say model B');
  });

  test.each(['adamnet-targeted', 'lenet-300-100-methods'])('specs/tables/%s.dn is laid out as dnc fmt does', (name) => {
    const file = path.resolve(import.meta.dirname, `../specs/tables/${name}.dn`);
    const text = readFileSync(file, 'utf8');
    expect(format(text)).toBe(text);
  });
});
