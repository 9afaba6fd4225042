import { Reports } from '../diagnostics/report.js';
import { Source } from '../diagnostics/source.js';
import type { LayerNode } from '../dsl/document.js';
import { editsOf } from '../dsl/edits.js';
import { lowerSpec } from './1-spec/index.js';
import { snakeCase } from './1-spec/names.js';
import { readDocument } from './document.js';
import type { LayerSpec, Spec, Use } from './spec.js';

/**
 * The text with automatic names written out, in the model and in blocks, so that a statement above may come or go and all names stay. Within a `repeat` a name is
 * numbered: it is written where its numbers are the same. What has several outputs has their names. A text with errors comes back as it is.
 */
export function writeNames(source: Source): string {
  const spec = specOf(source);
  if (!spec) return source.text;
  // In rounds a number may belong to another statement of the kind: all that can be written is tried, then what stands in no `repeat`.
  for (const inRounds of [true, false]) {
    const text = named(source, spec, inRounds);
    const after = specOf(new Source(source.name, text));
    if (after && namesOf(after) === namesOf(spec)) return text;
  }
  throw new Error(`the names that were written into ${source.name} change those of its layers`);
}

function specOf(source: Source): Spec | undefined {
  const reports = new Reports();
  const document = readDocument(source, reports);
  const spec = reports.failed ? undefined : lowerSpec(document, { source, sets: [] }, reports);
  return reports.failed ? undefined : spec;
}

function namesOf({ model }: Spec): string {
  return JSON.stringify(model.layers.map((layer) => [layer.name, layer.inputs.map(({ layer: from }) => from)]));
}

function named(source: Source, { model }: Spec, inRounds: boolean): string {
  const edits = editsOf(source);
  for (const [statement, given] of namesByStatement(model.layers)) {
    if (statement.names.length > 0) continue;
    const [first] = given;
    const same = [...given].every((one) => one.name === first!.name && !one.round);
    const base = snakeCase(statement.call.callee.text);
    const numbered = inRounds && given.every((one) => one.round && one.name.startsWith(`${base}_`));
    if (same) edits.insertName(statement, first!.name);
    else if (numbered) edits.insertName(statement, base);
  }
  return edits.apply();
}

interface Given {
  /** In its scope. */
  readonly name: string;
  /** Whether it stands in a round there. */
  readonly round: boolean;
}

/** What every statement is called in its scope, wherever it is expanded. */
function namesByStatement(layers: readonly LayerSpec[]): ReadonlyMap<LayerNode, readonly Given[]> {
  const found = new Map<LayerNode, Given[]>();
  const seen = new Set<string>();
  const add = (statement: LayerNode, name: string, uses: readonly Use[]) => {
    if (seen.has(name)) return;
    seen.add(name);
    const block = uses.findLast((use) => use.kind === 'block');
    const prefix = block ? `${block.name}.` : '';
    const given = { name: name.slice(prefix.length), round: uses.at(-1)?.kind === 'round' };
    found.set(statement, [...(found.get(statement) ?? []), given]);
  };
  for (const layer of layers) {
    layer.uses.forEach((use, k) => {
      if (use.kind === 'block') add(use.statement, use.name, layer.uses.slice(0, k));
    });
    if (!layer.outputs) add(layer.statement, layer.name, layer.uses);
  }
  return found;
}
