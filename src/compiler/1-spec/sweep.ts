import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Span } from '../../diagnostics/source.js';
import { percentText } from '../../dsl/numbers.js';
import type { Call } from '../../ir/kind.js';
import { type SweepValues, sweep } from '../sections.js';
import type { DataSpec, SweepAxis, SweepSpace, SweepSpec, TrainSpec } from '../spec.js';
import { type Context, listWords } from './context.js';
import { schemaOf } from './expected.js';
import { validate } from './faults.js';
import { Override } from './overrides.js';
import { wholeRange } from './plain-values.js';
import { numberText } from './print.js';
import { resolveMap, resolveValue } from './resolve.js';
import type { SectionPlaces } from './sections.js';
import { describeTerm, type Term } from './term.js';
import { Unit } from './unit.js';

/** More values of one address, or more combinations, are a mistake: nobody trains so many networks. */
export const MOST_TRIALS = 10_000;

/** Where addresses lead that are no `let`s. */
const HEADS = ['data', 'train', 'simplify', 'model', 'weights'];

/** One key of the section that is an address, with its value as it stands in the spec or in `--set`. */
interface Written {
  readonly address: string;
  readonly span: Span;
  readonly term: Term;
}

/**
 * The `sweep` section: its own keys by the schema, all others as addresses. Whether an address leads to something below its head is for who plans
 * the sweep: training alone takes no notice of it.
 */
export function lowerSweep(
  context: Context,
  { document, sets }: SectionPlaces,
  data: DataSpec,
  train: TrainSpec,
): SweepSpec | undefined {
  const entry = document.entries.find(({ key }) => key.text === sweep.keyword);
  const override = sets.child(sweep.keyword);
  if (!entry && !override) return undefined;
  const at = entry?.key.span ?? override!.span;
  const node = override?.value ?? entry?.value;
  const term: Term = node ? context.lets.evaluate(node) : { kind: 'map', span: at, entries: [], size: 1, depth: 1 };
  if (term.kind === 'broken') return undefined;
  if (term.kind !== 'map') {
    const found = describeTerm(term);
    const details = { owner: 'the spec', name: sweep.keyword, expected: 'keys in braces (`{ key: value }`)', found };
    context.report('wrong-type', details, { at: term.span });
    return undefined;
  }

  // Its own keys.
  const schema = schemaOf(sweep.schema);
  const isOwn = (key: string) => Object.hasOwn(schema.properties ?? {}, key);
  const unit = new Unit(`section.${sweep.keyword}`, sweep.keyword, at);
  const own = { ...term, entries: term.entries.filter(({ key }) => isOwn(key.text)) };
  const values = (resolveMap(context, schema, own, unit, '', ownOf(override, isOwn)) ?? {}) as Partial<SweepValues>;
  validate(context, unit, values);

  // Addresses: those of the section, and what `--set` says of them or adds.
  const written = new Map<string, Written>();
  for (const { key, value } of term.entries)
    if (!isOwn(key.text) && !written.has(key.text))
      written.set(key.text, { address: key.text, span: key.span, term: value });
  for (const [name, child] of override?.children ?? [])
    if (!isOwn(name))
      for (const [address, leaf] of leavesOf(child, name))
        written.set(address, { address, span: leaf.span, term: leaf.term(context) });
  const axes = [...written.values()].flatMap((one): SweepAxis[] => {
    if (!isAddress(context, one)) return [];
    const space = spaceOf(context, one);
    return space ? [{ address: one.address, span: one.span, space }] : [];
  });
  if (written.size === 0) {
    const help = ['for example `sweep { train.seed: 1..3 }`'];
    context.report('sweep-plan', { reason: 'it names no address' }, { at, help });
  }

  const spec: SweepSpec = {
    axes,
    strategy: values.strategy ?? 'grid',
    ...(values.trials !== undefined && { trials: values.trials }),
    ...(values.objective !== undefined && { objective: values.objective }),
    seed: values.seed ?? 1,
    ...(values.workers !== undefined && { workers: values.workers }),
    span: at,
    ...(unit.terms.has('/objective') && { objectiveSpan: unit.terms.get('/objective')!.span }),
  };
  checkPlan(context, spec, unit, train, axes.length === written.size);
  checkObjective(context, spec);
  const holdsOut = axes.some(({ address }) => address === 'data.validation');
  if (data.source.word !== '' && !data.validation && !holdsOut) {
    const also = data.span ? [{ at: data.span, note: 'no `validation` here' }] : [];
    context.report('sweep-needs-validation', {}, { at, also, help: ['add `validation: 10%` to `data`'] });
  }
  return axes.length > 0 ? spec : undefined;
}

/** What `--set` says of the section's own keys. */
function ownOf(override: Override | undefined, isOwn: (key: string) => boolean): Override | undefined {
  if (!override) return undefined;
  const own = new Override(override.address, override.span, override.place);
  for (const [name, child] of override.children) if (isOwn(name)) own.children.set(name, child);
  return own;
}

/** The values below an override, each with its address without `sweep`. */
function leavesOf(override: Override, address: string): [string, Override][] {
  const own: [string, Override][] = override.value ? [[address, override]] : [];
  return [...own, ...[...override.children].flatMap(([name, child]) => leavesOf(child, `${address}.${name}`))];
}

/** Whether an address begins with a `let` or a section. */
function isAddress(context: Context, { address, span }: Written): boolean {
  const names = context.lets.names;
  const [head = '', ...rest] = address.split('.');
  const report = (reason: string, label?: string, help: readonly string[] = []) => {
    context.report('sweep-values', { address, reason }, { at: span, ...(label && { label }), help });
    return false;
  };
  if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(address))
    return report('it is no path of names', undefined, [
      'an address is `width`, `train.batch_size`, or `model.fc1.units`',
    ]);
  if (names.includes(head) && (rest.length === 0 || !HEADS.includes(head)))
    return rest.length === 0 || report(`\`${head}\` is a \`let\`, sweep it whole`);
  if (HEADS.includes(head)) {
    if (rest.length > 0 || head === 'weights') return true;
    return report('name what in it, as in `train.batch_size` or `model.fc1.units`');
  }
  const own = Object.keys(schemaOf(sweep.schema).properties ?? {});
  const near = nearest(head, [...names, ...HEADS, ...own]);
  return report(
    `there is no \`let\` or section \`${head}\``,
    near === undefined ? undefined : `did you mean \`${near}\`?`,
    [
      names.length > 0 ? `\`let\`s: ${listWords(names)}` : 'the spec has no `let`s',
      `sections: ${listWords(HEADS)}`,
      `keys of sweep: ${listWords(own)}`,
    ],
  );
}

/** What an address is swept over. Undefined after a report. */
function spaceOf(context: Context, { address, span, term }: Written): SweepSpace | undefined {
  const report = (reason: string, help: readonly string[] = []) => {
    context.report('sweep-values', { address, reason }, { at: term.span, help });
    return undefined;
  };
  switch (term.kind) {
    case 'broken':
      return undefined;
    case 'list': {
      if (term.items.length === 0) return report('the list is empty');
      if (term.items.length > MOST_TRIALS) return report(`it has more than ${MOST_TRIALS.toLocaleString('en')} values`);
      const values = term.items.map(termText);
      const twice = values.findIndex((value, k) => values.indexOf(value) < k);
      if (twice < 0) return { kind: 'values', values };
      context.report(
        'sweep-values',
        { address, reason: `\`${values[twice]}\` stands twice` },
        { at: term.items[twice]!.span, help: ['remove one of them: a trial gives the same every time'] },
      );
      return undefined;
    }
    case 'range': {
      const ends = wholeRange(context, term);
      if (!ends) return undefined;
      const count = ends.to - ends.from + 1;
      if (count > MOST_TRIALS) return report(`it has more than ${MOST_TRIALS.toLocaleString('en')} values`);
      return { kind: 'values', values: Array.from({ length: count }, (_, k) => String(ends.from + k)) };
    }
    case 'word': {
      if (!term.arguments) break;
      const unit = new Unit('', sweep.keyword, span);
      const call = resolveValue(context, { registry: 'space' }, term, unit, `/${address}`) as Call | undefined;
      return call && drawnFrom(context, call, { address, span, term });
    }
  }
  return report(`this is ${describeTerm(term)}`, [
    'write a list (`[0.1, 0.2]`), a range (`1..5`), `log(1e-6, 1e-2, 12)` or `uniform(0, 0.5)`',
  ]);
}

/** `log(…)` or `uniform(…)`. What its schema refused is not complete. */
function drawnFrom(context: Context, call: Call, { address, term }: Written): SweepSpace | undefined {
  const { from, to, points } = call.arguments as {
    readonly from?: number;
    readonly to?: number;
    readonly points?: number;
  };
  if (typeof from !== 'number' || typeof to !== 'number') return undefined;
  if (call.word === 'log' && !(from > 0 && to > 0)) return undefined;
  if (from >= to) {
    const reason =
      from === to
        ? `from ${numberText(from)} to ${numberText(to)} there is one value`
        : `it runs from ${numberText(from)} down to ${numberText(to)}`;
    context.report('sweep-values', { address, reason }, { at: term.span, help: ['the smaller value comes first'] });
    return undefined;
  }
  if (points === undefined) return { kind: call.word === 'log' ? 'log' : 'uniform', from, to };
  if (!Number.isInteger(points) || points < 2) return undefined;
  const values = Array.from({ length: points }, (_, k) => numberText(onLogScale(from, to, k / (points - 1))));
  return { kind: 'values', values: [...new Set(values)] };
}

/** The number a share of the way from one to another in its logarithm. Six digits, so that it is the same on every machine, and can be read; the ends as given. */
export function onLogScale(from: number, to: number, share: number): number {
  if (share === 0) return from;
  if (share === 1) return to;
  return sixDigits(Math.exp(Math.log(from) + share * (Math.log(to) - Math.log(from))));
}

export function sixDigits(value: number): number {
  return Number(value.toPrecision(6));
}

/** A value as `--set` takes it; its `let`s are followed, as the spec has them. */
function termText(term: Term): string {
  switch (term.kind) {
    case 'number':
      return term.percent ? percentText(term.value) : numberText(term.value);
    case 'quantity':
      return `${numberText(term.value)} ${term.unit.text}`;
    case 'string':
      return JSON.stringify(term.value);
    case 'word':
      return term.arguments
        ? `${term.text}(${term.arguments.map(({ name, value }) => `${name ? `${name.text}: ` : ''}${termText(value)}`).join(', ')})`
        : term.text;
    case 'list':
      return `[${term.items.map(termText).join(', ')}]`;
    case 'map':
      return `{ ${term.entries.map(({ key, value }) => `${/^[A-Za-z_]\w*$/.test(key.text) ? key.text : JSON.stringify(key.text)}: ${termText(value)}`).join('; ')} }`;
    case 'range':
      return `${termText(term.from)}..${termText(term.to)}`;
    case 'broken':
      return '';
  }
}

/** Whether the strategy can go through the space. `whole`: every address could be read. */
function checkPlan(context: Context, spec: SweepSpec, unit: Unit, train: TrainSpec, whole: boolean): void {
  const { strategy, trials, axes } = spec;
  const at = unit.terms.get('/strategy')?.span ?? spec.span;
  const isBad = ['/strategy', '/trials'].some((place) => unit.bad.has(place));
  if (isBad) return;
  const open = axes.find(({ space }) => space.kind !== 'values');
  const trialsAt = unit.terms.get('/trials')?.span;
  if (strategy === 'grid' && trials !== undefined) {
    const help = ['`strategy: random` draws so many combinations, `strategy: halving` begins with so many'];
    context.report(
      'sweep-plan',
      { reason: 'a grid tries every combination, `trials` draws some' },
      { at: trialsAt, help },
    );
  } else if (strategy === 'grid' && open) {
    const reason = `a grid needs listed values, and \`${open.address}\` is any number from ${ends(open.space)}`;
    const help = ['`strategy: random; trials: 20` draws values', 'or list points: `log(1e-6, 1e-2, 12)`'];
    context.report('sweep-plan', { reason }, { at: open.span, help });
  } else if (strategy === 'random' && trials === undefined) {
    const help = ['for example `trials: 20`'];
    context.report('sweep-plan', { reason: 'random search needs `trials`' }, { at, help });
  } else if (strategy === 'halving' && open && trials === undefined) {
    const reason = `halving needs \`trials\` where values are drawn, and \`${open.address}\` is any number from ${ends(open.space)}`;
    context.report('sweep-plan', { reason }, { at: open.span, help: ['for example `trials: 16`'] });
  }
  if (!open && trials === undefined) {
    const combinations = axes.reduce(
      (product, { space }) => product * (space.kind === 'values' ? space.values.length : 1),
      1,
    );
    if (combinations > MOST_TRIALS) {
      const reason = `it has ${combinations.toLocaleString('en')} combinations, and at most ${MOST_TRIALS.toLocaleString('en')} are tried`;
      context.report('sweep-plan', { reason }, { at: spec.span, help: ['`strategy: random; trials: 100` draws some'] });
    } else if (strategy === 'halving' && whole && combinations < 2 && axes.length > 0)
      context.report('sweep-plan', { reason: 'one combination cannot be halved' }, { at });
  }
  if (strategy !== 'halving') return;
  if (trials === 1)
    context.report('sweep-plan', { reason: 'one combination cannot be halved' }, { at: trialsAt ?? at });
  const epochs = epochsOf(train);
  const also = train.span ? [{ at: train.span, note: 'the length of training' }] : [];
  if (epochs === undefined) {
    const reason = 'halving stops trials at the end of epochs, and this training is counted in steps';
    context.report('sweep-plan', { reason }, { at, also, help: ['write `epochs` instead of `steps`'] });
  } else if (epochs < 2)
    context.report('sweep-plan', { reason: 'halving needs two epochs or more, and training has one' }, { at, also });
}

function ends(space: SweepSpace): string {
  return space.kind === 'values' ? '' : `${numberText(space.from)} to ${numberText(space.to)}`;
}

/** How many epochs the phases have together; undefined where one of them is counted in steps. */
export function epochsOf({ phases }: TrainSpec): number | undefined {
  if (phases.some(({ length }) => length.unit !== 'epochs')) return undefined;
  return phases.reduce((sum, { length }) => sum + length.amount, 0);
}

/** That it speaks of validation rows. Which metrics there are is known when the network is. */
function checkObjective(context: Context, { objective, objectiveSpan, span }: SweepSpec): void {
  if (objective === undefined || objective.startsWith('val_')) return;
  const isTest = objective.startsWith('test_');
  const reason = isTest ? 'test rows choose nothing' : 'it would speak of the training rows';
  const better = `val_${objective.replace(/^(test|train)_/, '')}`;
  context.report('sweep-objective', { objective, reason }, { at: objectiveSpan ?? span, label: `write \`${better}\`` });
}
