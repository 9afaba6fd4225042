import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../src/compiler/compile.js';
import { Source } from '../src/diagnostics/source.js';
import { format } from '../src/dsl/format.js';

interface Row {
  readonly title: string;
  write(found: { readonly command: string }): string;
  readonly spec: string;
  /** What `measure` changes of a finished run's spec when it simplifies it again. */
  readonly simplified?: readonly (readonly string[])[];
  readonly measure?: (run: { readonly simplify: (name: string, sets: readonly string[]) => unknown }) => unknown;
  readonly runs: readonly { readonly name: string; readonly sets: readonly string[] }[];
}

const { rows, editedSpec } = (await import(path.resolve(import.meta.dirname, '../scripts/results/rows.mjs'))) as {
  readonly rows: Readonly<Record<string, Row>>;
  editedSpec(text: string, row: Row, run: Row['runs'][number]): string;
};
const { unitsOf } = (await import(path.resolve(import.meta.dirname, '../scripts/results/networks.mjs'))) as {
  unitsOf(
    run: { readonly units: Readonly<Record<string, { readonly before: number; readonly after: number }>> },
    outputs: readonly string[],
  ): { readonly before: number; readonly after: number };
};
const results = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../docs/results.json'), 'utf8')) as {
  readonly rows: Readonly<Record<string, object>>;
};
const tables = path.resolve(import.meta.dirname, '../specs/tables');
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
      // A run is compiled with its own values, and with those of every time that it is simplified again.
      for (const more of [[], ...(row.simplified ?? [])])
        expect(() => compile(new Source(row.spec, text), { sets: [...run.sets, ...more] })).not.toThrow();
    }
  });

  test.each(Object.entries(rows).filter(([, row]) => row.simplified))(
    '%s simplifies its runs with the values that it lists',
    (_, { measure, simplified }) => {
      const asked: (readonly string[])[] = [];
      measure!({
        simplify: (_name, sets) => {
          asked.push(sets);
          const score = { simplified: { metrics: {} } };
          return { scores: { validation: score, test: score } };
        },
      });
      expect(asked).toEqual(simplified);
      expect(new Set(asked.map(String)).size).toBe(asked.length);
    },
  );

  test('counts the units of a network without those of its outputs, which must be there', () => {
    const count = (after: number) => ({ before: 10, after });
    const units = { hidden: count(3), flatten_1: count(2), digit: count(10) };
    expect(unitsOf({ units }, ['digit'])).toEqual({ before: 10, after: 3 });
    expect(() => unitsOf({ units }, ['label'])).toThrow('no units of label: there are hidden, flatten_1, digit');
  });

  test.each(Object.keys(results.rows))('%s can be written from what docs/results.json holds', (name) => {
    expect(() => rows[name]!.write({ ...results.rows[name]!, command: '' })).not.toThrow();
  });

  test('changes words that are there', () => {
    const row: Row = { title: '', spec: 'specs/quickstart.dn', runs: [], write: () => '' };
    expect(() =>
      editedSpec('model A {}', { ...row, edit: ['model B', 'model C'] } as Row, { name: '', sets: [] }),
    ).toThrow('specs/quickstart.dn does not say model B');
  });

  test.each(readdirSync(tables).filter((name) => name.endsWith('.dn')))(
    'specs/tables/%s is laid out as dnc fmt does',
    (name) => {
      const file = path.join(tables, name);
      const text = readFileSync(file, 'utf8');
      expect(format(text)).toBe(text);
    },
  );
});
