import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.js';
import { Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import type { Document } from '../../src/dsl/document.js';
import { read } from '../../src/dsl/read.js';

/** How often a property is tried: `RUNS=100` tries a hundred times as often. */
export function runs(count: number): { numRuns: number } {
  return { numRuns: count * Number(process.env.RUNS ?? 1) };
}

const folder = new URL('./fixtures/', import.meta.url);

/** The specs of test/dsl/fixtures by name: those of the language's definition, and one that has every production. */
export const fixtures: readonly (readonly [string, string])[] = readdirSync(folder)
  .filter((name) => name.endsWith('.dn'))
  .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const);

export function readText(text: string): { document: Document; diagnostics: readonly Diagnostic[]; source: Source } {
  const source = new Source('test.dn', text);
  const reports = new Reports();
  const document = read(source, reports);
  return { document, diagnostics: reports.all, source };
}

/** Reads a text that must have nothing wrong with it. */
export function readWell(text: string): Document {
  const { document, diagnostics } = readText(text);
  expect(diagnostics.map((one) => `${one.at?.start}: ${one.message}`)).toEqual([]);
  return document;
}

/** The codes of a text's diagnostics, in order. */
export function codes(text: string): string[] {
  return readText(text).diagnostics.map((one) => one.code);
}

/** Every diagnostic stands in the text. */
export function expectPlaced(diagnostics: readonly Diagnostic[], source: Source): void {
  for (const { at, code } of diagnostics) {
    expect(at, code).toBeDefined();
    expect(at!.source).toBe(source);
    expect(
      Number.isInteger(at!.start) && at!.start >= 0 && at!.end >= at!.start && at!.end <= source.text.length,
      `${code} at ${at!.start}..${at!.end}`,
    ).toBe(true);
  }
}
