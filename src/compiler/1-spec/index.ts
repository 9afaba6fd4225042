import { createHash } from 'node:crypto';
import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { Reports } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import type { Document, ValueNode } from '../../dsl/document.js';
import { type Limits, limitsFrom } from '../limits.js';
import { sections } from '../sections.js';
import { schemaOf } from './expected.js';
import type { Spec } from '../spec.js';
import { Context, listWords } from './context.js';
import { Lets } from './evaluate.js';
import { lowerModel } from './model.js';
import { addressOf, type Override, readSets } from './overrides.js';
import { printResolved, type Unhashed } from './print.js';
import { lowerData, lowerOrigin, lowerSimplify, lowerTrain, lowerWeights, sectionMeant } from './sections.js';
import { lowerSweep } from './sweep.js';

export interface SpecOptions {
  readonly source: Source;
  /** `--set` values: `width=500`, `train.batch_size=64`, `model.fc1.units=200`. */
  readonly sets: readonly string[];
  /** Sizes that are refused. Default: `defaultLimits`, raised by the environment. */
  readonly limits?: Limits;
}

/**
 * Stage 1: document to spec. Every word is resolved, every default filled in, every value checked by its schema.
 *
 *     --set of lets -> lets -> sections -> layers and their annotations -> spec
 *
 * Total: reports what is wrong, at its place, and goes on. Undefined only where there is no model.
 */
export function lowerSpec(document: Document, options: SpecOptions, reports: Reports): Spec | undefined {
  const found = new Reports();
  const spec = lower(document, options, found, reports.failed);
  // People read a file from the top; what points into the command line comes first.
  const start = (one: Diagnostic) => (one.at?.source === options.source ? one.at.start : -1);
  reports.all.push(...found.all.sort((a, b) => start(a) - start(b)));
  if (!spec) return undefined;
  // What was refused has no resolved text.
  const hash = reports.failed ? '' : createHash('sha256').update(printResolved(spec)).digest('hex');
  return { ...spec, hash };
}

/** `damaged`: the reader reported errors, so that a model may be missing because it could not be read. */
function lower(document: Document, options: SpecOptions, reports: Reports, damaged: boolean): Unhashed | undefined {
  // 1 What the command line changes: values of `let`s now, keys and arguments when their section or layer is read.
  const { values: sets, tree } = readSets(options.sets, reports);
  const lets = Lets.read(document, valuesOfLets(document, tree), reports);
  const context = new Context(reports, lets, options.limits ?? limitsFrom(process.env));
  checkAddresses(context, document, tree);
  checkSections(context, document);

  const { model } = document;
  if (!model) {
    if (!damaged) context.report('missing-model', {}, { at: { ...document.span, end: document.span.start } });
    return undefined;
  }

  // 2 Sections, which give the phases their names.
  const places = { document, model: model.name.span, sets: tree };
  const data = lowerData(context, places);
  const { train, inherited, phases } = lowerTrain(context, places);
  const simplify = lowerSimplify(context, places, inherited, data);
  const sweep = lowerSweep(context, places, data, train);
  const weights = lowerWeights(context, places);
  const origin = lowerOrigin(context, places);

  // 3 Layers: names, arguments, annotations.
  const during = phases && new Set([...phases, ...(simplify.finetune ? ['finetune'] : [])]);
  const layers = lowerModel(context, document, model, tree.child('model'), during);

  return {
    source: options.source,
    document,
    model: layers,
    data,
    train,
    simplify,
    ...(sweep && { sweep }),
    ...(weights && { weights }),
    ...(origin && { origin }),
    sets,
  };
}

/** The `--set` values whose address is the name of a `let`. */
function valuesOfLets(document: Document, tree: Override): ReadonlyMap<string, ValueNode> {
  const names = new Set(document.lets.map((node) => node.name.text));
  return new Map(
    [...tree.children].flatMap(([name, child]) => (child.value && names.has(name) ? [[name, child.value]] : [])),
  );
}

/** Every address begins with a `let`, a section, or `model`. */
function checkAddresses(context: Context, document: Document, tree: Override): void {
  const names = document.lets.map((node) => node.name.text);
  const heads = [...Object.keys(sections).filter((name) => name !== 'origin'), 'model'];
  for (const [name, child] of tree.children) {
    const isLet = names.includes(name);
    if (isLet && child.children.size > 0 && !heads.includes(name)) {
      for (const below of child.children.values()) {
        context.report(
          'unknown-address',
          { address: addressOf(below), reason: `\`${name}\` is a \`let\`, set it whole` },
          { at: below.span },
        );
      }
    }
    if (isLet) continue;
    if (name === 'model' && child.value) {
      context.report(
        'unknown-address',
        { address: name, reason: 'name a layer and its argument, as in `model.fc1.units`' },
        { at: child.span },
      );
    }
    if (heads.includes(name)) continue;
    const near = nearest(name, [...names, ...heads]);
    const within = Object.entries(sections).filter(([, { schema }]) => schemaOf(schema).properties?.[name]);
    context.report(
      'unknown-address',
      { address: addressOf(child), reason: `there is no \`let\` or section \`${name}\`` },
      {
        at: child.span,
        ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
        help: [
          ...within.map(([section]) => `it is a key of \`${section}\`: --set ${section}.${addressOf(child)}=…`),
          names.length > 0 ? `\`let\`s: ${listWords(names)}` : 'the spec has no `let`s',
          `sections: ${listWords(heads)}`,
        ],
      },
    );
  }
}

function checkSections(context: Context, document: Document): void {
  const known = Object.keys(sections);
  for (const { key } of document.entries) {
    if (known.includes(key.text)) continue;
    const near = sectionMeant(key.text);
    context.report(
      'unknown-section',
      { key: key.text },
      {
        at: key.span,
        ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
        help: [`sections: ${listWords(known)}`],
      },
    );
  }
}

export { printResolved } from './print.js';
